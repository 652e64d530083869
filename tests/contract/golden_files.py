"""Reads the golden files: lines of parts separated by ` => `, bytes that cannot stand in text written as `‹hex›`."""

import re
from pathlib import Path

_FOLDER = Path(__file__).parent / "golden"
_BYTE = re.compile("((?:‹[0-9A-F]{2}›)+)")


def golden(name: str) -> list[tuple[str, ...]]:
    """Give the cases of a file, each as its parts."""
    lines = (_FOLDER / name).read_text(encoding="utf-8").splitlines()
    return [tuple(line.split(" => ")) for line in lines if line and not line.startswith("#")]


def as_bytes(text: str) -> bytes:
    """Give the bytes a golden payload stands for."""
    parts = _BYTE.split(text)
    return b"".join(
        bytes.fromhex(part.replace("‹", "").replace("›", "")) if part.startswith("‹") else part.encode()
        for part in parts
    )


def as_topic(text: str) -> str:
    """Give the topic a golden topic stands for."""
    return as_bytes(text).decode()
