"""The folders of an embedded PostgreSQL: where the data lives and where its socket is."""

import os
import re
import shutil
import tempfile
from pathlib import Path

from ops.embedded.account import Account
from ops.embedded.errors import StartError

SOCKET_FILE = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 107  # sun_path holds 108 bytes, one of them the closing NUL
PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]+")  # unix_socket_directories is a comma-separated, quoted list
SHARED_STATE = Path("/var/lib")


def make_folder(folder: Path) -> None:
    """Make `folder` if absent: closed to others, but passable when we are root, since the server is another account.

    A folder that already exists keeps its permissions.
    """
    if not folder.exists():
        folder.mkdir(parents=True)
        folder.chmod(0o711 if os.geteuid() == 0 else 0o700)


def data_root(home: Path, account: Account) -> Path:
    """The folder that holds the cluster: in `home`, or under /var/lib when the server's account cannot get there.

    The second case is root working below a closed folder (/root, mktemp -d): parents are never opened up, so the data
    moves, and the file `location` in `home/postgres` remembers where. Call it with the lock on `home/postgres` held.
    """
    near = home / "postgres"
    location = near / "location"
    if location.exists():
        far = Path(location.read_text().strip())
        if far.is_dir() and far.stat().st_uid == os.geteuid():
            return far
        raise StartError(f"{location} says the database is in {far}, which is gone: restore it, or remove {near}")
    if account.can_enter(near):
        return near
    try:
        far = Path(tempfile.mkdtemp(prefix="syspark-", dir=SHARED_STATE))
    except OSError as problem:
        raise StartError(
            f"the account {account.name} cannot enter {home}, and {SHARED_STATE} is not writable ({problem.strerror}): "
            "set SYSPARK_HOME to a folder whose parents others may pass"
        ) from problem
    far.chmod(0o711)
    location.write_text(f"{far}\n")
    return far


def socket_folder(root: Path, account: Account) -> Path:
    """An empty folder for the server's socket, open to `account` alone, with a path short enough for a socket.

    What an earlier run left in it is removed, and so is the folder elsewhere that an earlier run had to take.
    """
    folder, note = root / "socket", root / "socket-folder"
    if note.exists():
        _remove_if_ours(Path(note.read_text().strip()), account)
        note.unlink()
    if folder.exists():
        shutil.rmtree(folder)
    path = os.fsencode(folder / SOCKET_FILE)
    if len(path) <= LONGEST_SOCKET_PATH and PLAIN_PATH.fullmatch(str(folder)):
        folder.mkdir()
    else:
        folder = Path(tempfile.mkdtemp(prefix="syspark-", dir="/tmp"))
        note.write_text(f"{folder}\n")
    account.own(folder)
    return folder


def remove_socket_folder(root: Path, account: Account) -> None:
    """Remove the socket folder that lies outside `root`, if there is one."""
    note = root / "socket-folder"
    if note.exists():
        _remove_if_ours(Path(note.read_text().strip()), account)
        note.unlink()


def _remove_if_ours(folder: Path, account: Account) -> None:
    """Remove `folder` if it still is the private one we made: the name may have been taken by somebody since."""
    if not folder.name.startswith("syspark-") or folder.is_symlink() or not folder.is_dir():
        return
    found = folder.stat()
    if found.st_uid == (os.geteuid() if account.uid is None else account.uid) and found.st_mode & 0o777 == 0o700:
        shutil.rmtree(folder)
