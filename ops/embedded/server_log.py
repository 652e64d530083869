"""A server's log file, kept bounded while the server goes on writing to it."""

import os
from pathlib import Path

LARGEST = 4 * 1024 * 1024
TAIL = 2000


class ServerLog:
    """The file `path` and one older copy of it, each about `largest` bytes at most."""

    def __init__(self, path: Path, largest: int = LARGEST) -> None:
        self.path = path
        self._largest = largest

    def open(self) -> int:
        """A descriptor for the server to append to; with O_APPEND the file can be emptied under the writer."""
        return os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def trim(self) -> None:
        """Keep the last part in `.1` and empty the file once it is too large; lines written meanwhile may be lost."""
        if not self.path.exists() or self.path.stat().st_size <= self._largest:
            return
        older = self.path.with_suffix(self.path.suffix + ".1")
        with self.path.open("rb") as full:
            full.seek(-self._largest, os.SEEK_END)
            older.write_bytes(full.read(self._largest))
        older.chmod(0o600)
        os.truncate(self.path, 0)

    def tail(self) -> str:
        """The last lines, for an error message."""
        if not self.path.exists():
            return ""
        return self.path.read_bytes()[-TAIL:].decode("utf-8", "replace").strip()
