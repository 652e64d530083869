"""A worker's name, held for life by a lock: one process per name, and proof that the last holder is dead.

A name alone proves nothing: two machines may use the same one. So a partition's owner is the name and the id of the
lock's file, and only who holds that very file may call its predecessor dead. Source: architecture.md, "Growing past
one machine".
"""

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from ops.embedded.layout import make_folder
from syspark.errors import PermanentError

_LONGEST_NOTE = 4096


class NameTakenError(PermanentError):
    """A worker of this name runs already; the text says where it is."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a name, in the words it left in the lock's file: `process`, `broker`, `pages`."""

    name: str
    notes: Mapping[str, str]


class NameLock:
    """The lock of one name in one folder. The file stays: removing it would let two holders lock two files."""

    def __init__(self, home: Path, name: str) -> None:
        self._home = home
        self._name = name
        self._path = home / f"worker-{name}.lock"
        self._handle: int | None = None
        self._id = uuid4().hex
        self._left: dict[str, str] = {}

    @property
    def owner(self) -> str:
        """What leases are taken as."""
        return f"{self._name}@{self._id[:12]}"

    @property
    def proven(self) -> bool:
        """Whether whoever held leases as `owner` before us is dead."""
        return self._handle is not None

    def acquire(self) -> None:
        """Take the lock; it may block for a moment. Raises `NameTakenError`.

        Raises OSError where no lock can be had: then `owner` is nobody else's, and nothing is proven.
        """
        make_folder(self._home)
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _lock(handle)
        except BlockingIOError:
            notes = _notes(handle)
            os.close(handle)
            pages = f", its pages are at {notes['pages']}" if "pages" in notes else ""
            broker = f", its broker is at {notes['broker']}" if "broker" in notes else ""
            raise NameTakenError(
                f"a worker named {self._name} already runs on {self._home} (process {notes.get('process', 'unknown')}"
                f"{pages}{broker}): stop that one, or set SYSPARK_WORKER_NAME or SYSPARK_HOME"
            ) from None
        except BaseException:
            os.close(handle)
            raise
        self._handle = handle
        self._id = _notes(handle).get("id", self._id)
        self.note()

    def note(self, **notes: str) -> None:
        """Leave word for others of where this worker is, beside what was left before."""
        self._left |= notes
        if self._handle is not None:
            text = json.dumps({"id": self._id, "process": str(os.getpid()), **self._left}).encode()
            os.pwrite(self._handle, text, 0)
            os.ftruncate(self._handle, len(text))

    def release(self) -> None:
        """Give the name back; harmless when it is not held."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def holders(home: Path) -> Iterator[Holder]:
    """The workers that run on a folder."""
    for path in sorted(home.glob("worker-*.lock")):
        with contextlib.suppress(OSError):
            handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                yield Holder(path.name.removeprefix("worker-").removesuffix(".lock"), _notes(handle))
            finally:
                os.close(handle)


def _lock(handle: int) -> None:
    """Take the lock; `holders` may have it for an instant, a worker has it for life. Raises BlockingIOError."""
    for patience_s in (0.05, 0.1, 0.0):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not patience_s:
                raise
            time.sleep(patience_s)
        else:
            return


def _notes(handle: int) -> dict[str, str]:
    try:
        found: Any = json.loads(os.pread(handle, _LONGEST_NOTE, 0))
    except ValueError:  # cut short by a kill: the id is lost, and with it the proof
        return {}
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}
