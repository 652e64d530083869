"""A pytest plugin: several runs of the same tests take them from one another, a file at a time.

Each run collects everything and is a plain pytest, with servers of its own; before a file it claims it in a folder that
all share, and passes over what another has claimed. Used by `python -m tests`.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """The folder of claims; its name is enough to make this run one of several."""
    parser.addoption("--claims", type=Path, help="claim test files in this folder, one at a time")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """As pytest's own loop, over what is claimed on the way. What comes next is known before a test ends, since
    fixtures that it needs too are kept.
    """
    folder: Path | None = session.config.option.claims
    if folder is None or session.testsfailed or session.config.option.collectonly:
        return None
    coming = _claimed(session.items, folder)
    item = next(coming, None)
    while item is not None:
        following = next(coming, None)
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        if session.shouldstop:
            raise session.Interrupted(session.shouldstop)
        item = following
    return True


def _claimed(items: Sequence[pytest.Item], folder: Path) -> Iterator[pytest.Item]:
    for file, tests in groupby(items, key=lambda item: item.nodeid.partition("::")[0]):
        try:
            (folder / file.replace("/", "+")).touch(exist_ok=False)
        except FileExistsError:
            continue
        yield from tests
