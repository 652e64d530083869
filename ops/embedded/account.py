"""The account PostgreSQL runs as: our own, or an unprivileged one when we are root, which PostgreSQL refuses."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ops.embedded.errors import StartError

CANDIDATES = ("postgres", "nobody", "daemon")


@dataclass(frozen=True, slots=True)
class Account:
    """Whom a server's process runs as; `uid` None means: as ourselves."""

    name: str
    uid: int | None = None
    gid: int | None = None

    @property
    def groups(self) -> list[int] | None:
        """Supplementary groups of the process: none for another account, ours unchanged otherwise."""
        return None if self.uid is None else []

    def own(self, folder: Path) -> None:
        """Give `folder` to this account, closed to everyone else. It must be a folder of ours."""
        if self.uid is not None and self.gid is not None:
            os.chown(folder, self.uid, self.gid)
        folder.chmod(0o700)

    def can_enter(self, folder: Path) -> bool:
        """Whether this account gets through every parent into `folder`; tried for real, so that ACLs count too."""
        return self._try("/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder))

    def can_run(self, program: Path) -> bool:
        """Whether this account can start `program`, which must know `--version`, libraries included."""
        return self._try(str(program), "--version")

    def _try(self, *command: str) -> bool:
        try:
            outcome = subprocess.run(  # noqa: S603 - fixed programs, no shell text from outside
                command,
                cwd="/",
                env={"PATH": "/usr/bin:/bin"},
                user=self.uid,
                group=self.gid,
                extra_groups=self.groups,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=30,
                check=False,
            )
        except OSError:
            return False
        return outcome.returncode == 0


def server_account(data: Path) -> Account:
    """The account for the cluster in `data`: its owner if it exists, else ours, else the first unprivileged one.

    Raises `StartError` when we are root and the machine has no unprivileged account.
    """
    if os.geteuid() != 0:
        return Account(pwd.getpwuid(os.geteuid()).pw_name if _is_named(os.geteuid()) else str(os.geteuid()))
    if data.exists() and (owner := data.stat()).st_uid != 0:
        return Account(str(owner.st_uid), owner.st_uid, owner.st_gid)
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise StartError(
        f"PostgreSQL refuses to run as root, and none of the accounts {', '.join(CANDIDATES)} exists on this machine: "
        "start syspark as an ordinary user, or set DATABASE_URL"
    )


def _is_named(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True
