"""The Dockerfile keeps the rules of its trade, and the linter would notice if it did not."""

import re
from pathlib import Path

import pytest

from tests.image.dockerfile import parse
from tests.image.lint import faults

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "Dockerfile").read_text()
BASE = "python:3.11.14-slim-bookworm"


def test_nothing_is_wrong_with_ours() -> None:
    assert faults(TEXT) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (f"FROM {BASE} AS", "FROM python:latest AS", "no slim image pinned"),
        (f"FROM {BASE}\n", "FROM python:3.11-slim\n", "no slim image pinned"),
        (f"FROM {BASE}\n", "", "two stages are wanted, there are 1"),
        ("COPY ops ./ops", "ADD ops ./ops", "ADD ops"),
        ("COPY ops ./ops", "COPY . ./", "takes whatever lies there"),
        ("PYTHONUNBUFFERED=1", "SYSPARK_SECRET_KEY=0123456789", "would bake a secret in"),
        ("PYTHONUNBUFFERED=1", "DATABASE_URL=postgresql://db/syspark", "would bake a secret in"),
        ("USER 10001:10001", "USER syspark", "USER is not the number"),
        ("USER 10001:10001", "USER 0:0", "USER is not the number"),
        ("USER 10001:10001", "", "USER is not the number"),
        ('CMD ["syspark", "serve"]', "CMD syspark serve", "CMD is not in exec form"),
        ('ENTRYPOINT ["/usr/bin/env"]', "", "ENTRYPOINT is not in exec form"),
        ('"-I", "-m", "ops.image.health"]', "", "HEALTHCHECK is missing or not in exec form"),
        ("--require-hashes ", "", "takes packages without hashes"),
        ("EXPOSE 8080", "RUN apt-get install -y curl", "fetches what no lock file names"),
        ("EXPOSE 8080", "RUN mkdir /data", "the last stage runs something"),
    ],
)
def test_what_would_be_wrong_is_found(old: str, new: str, fault: str) -> None:
    assert old in TEXT
    assert any(fault in found for found in faults(TEXT.replace(old, new, 1)))


def test_both_stages_have_the_same_base_or_the_copied_environment_has_no_interpreter() -> None:
    assert [stage.base for stage in parse(TEXT)] == [BASE, BASE]


def test_the_port_it_names_is_the_one_it_listens_on_by_default() -> None:
    exposed = parse(TEXT)[-1].last("EXPOSE")
    assert exposed is not None
    assert exposed.text == "8080"


def test_every_package_of_ours_is_copied_and_nothing_else_is_sent() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    copied = {one.words[0] for one in parse(TEXT)[0].instructions if one.name == "COPY" and len(one.words) == 2}
    assert packages == copied - {"requirements.image.lock"}
    sent = set(re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    assert sent == {word for one in parse(TEXT)[0].instructions if one.name == "COPY" for word in one.words[:-1]}
