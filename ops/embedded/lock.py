"""One supervisor per folder, held by an advisory lock that dies with its process."""

import fcntl
import os
from pathlib import Path

from ops.embedded.errors import AlreadyRunningError


class FolderLock:
    """An exclusive `flock` on a file in `folder`. The file stays: removing it would let two holders lock two files."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "lock"
        self._file: int | None = None

    def acquire(self) -> None:
        """Take the lock and write who holds it; raises `AlreadyRunningError` naming the holder."""
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(handle, 100).decode("ascii", "replace").strip()
            os.close(handle)
            raise AlreadyRunningError(
                f"syspark is already running on {self._path.parent} (process {holder or 'unknown'}): "
                "stop that one, or set SYSPARK_HOME to another folder"
            ) from None
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        self._file = handle

    def release(self) -> None:
        """Give the lock back; harmless when it is not held."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
