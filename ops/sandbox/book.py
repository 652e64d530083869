"""What the sandbox knows, and the file it is kept in: one line for each change, so that a kill loses nothing told."""

import asyncio
import fcntl
import os
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from syspark.errors import PermanentError

Thing = dict[str, Any]
"""An object as Stripe writes it; keys that begin with `_` are ours and never told."""

KEPT = timedelta(days=7)


class InUseError(PermanentError):
    """Another process keeps its book in this file."""


class Book:
    """Objects by id, in the order they were made. Only one process keeps one in a file."""

    def __init__(self, path: Path, now: datetime) -> None:
        """Raises `InUseError`, `OSError`."""
        self._things: dict[str, dict[str, Thing]] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._file)
            raise InUseError(f"another process runs the sandbox with {path}") from error
        self._load((now - KEPT).timestamp())
        self._writing = asyncio.Lock()

    def close(self) -> None:
        """Let another process have the file."""
        os.close(self._file)

    def get(self, ref: str, kind: str) -> Thing | None:
        """One object of a kind."""
        return self._things.get(kind, {}).get(ref)

    def all(self, kind: str) -> list[Thing]:
        """The objects of a kind, newest first; of events only those that are still to be sent."""
        return list(reversed(self._things.get(kind, {}).values()))

    async def keep(self, *things: Thing) -> None:
        """Know these from now on, and write them; returns once a kill would not lose them."""
        for thing in things:
            self._know(thing)
        lines = b"".join(msgspec.json.encode(thing) + b"\n" for thing in things)
        async with self._writing:
            await asyncio.to_thread(os.write, self._file, lines)

    def _load(self, since: float) -> None:
        """Read the file, a torn last line apart, and write it anew without what is old or was changed since."""
        os.lseek(self._file, 0, os.SEEK_SET)
        with os.fdopen(os.dup(self._file), "rb") as file:
            for line in file:
                try:
                    thing = msgspec.json.decode(line)
                except msgspec.DecodeError:
                    continue
                if thing["created"] >= since:
                    self._know(thing)
        os.ftruncate(self._file, 0)
        for things in self._things.values():
            for thing in things.values():
                os.write(self._file, msgspec.json.encode(thing) + b"\n")

    def _know(self, thing: Thing) -> None:
        of_its_kind = self._things.setdefault(thing["object"], {})
        of_its_kind[thing["id"]] = thing
        if not thing.get("pending_webhooks", 1):
            del of_its_kind[thing["id"]]


def new_id(prefix: str) -> str:
    """An id as Stripe's look."""
    return f"{prefix}_{secrets.token_hex(12)}"


def told(thing: Thing) -> Thing:
    """An object without what is only ours."""
    return {key: value for key, value in thing.items() if not key.startswith("_")}
