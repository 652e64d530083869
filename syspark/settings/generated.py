"""Secrets that embedded mode makes for itself, once: a first run asks nothing, a second one still reads its data."""

import os
import re
import secrets
import tempfile
from pathlib import Path

from pydantic import SecretStr

from syspark.settings.coherence import Settings
from syspark.settings.environment import SettingsError

_WHOLE = re.compile(r"[A-Za-z0-9_-]{48}")
_GENERATED = ("MQTT_SECRET", "SYSPARK_SECRET_KEY")


def generate_missing_secrets(settings: Settings) -> Settings:
    """The settings with MQTT_SECRET and SYSPARK_SECRET_KEY filled in from `SYSPARK_HOME/secrets`, made there if absent.

    Outside embedded mode nothing is made. A secret that the environment gives is used and not stored. Two processes
    that start together end with the same secrets. Raises SettingsError when the folder cannot be used.
    """
    if not settings.embedded_database:
        return settings
    folder = settings.syspark_home / "secrets"
    found = {}
    try:
        for name in _GENERATED:
            if getattr(settings, name.lower()) is None:
                found[name.lower()] = SecretStr(_read_or_make(folder / name.lower()))
    except OSError as error:
        problem = f"cannot be written ({error.strerror or type(error).__name__})"
    else:
        return settings.model_copy(update=found)
    raise SettingsError("SYSPARK_HOME", problem, "SYSPARK_HOME=/var/lib/syspark")


def _read_or_make(path: Path) -> str:
    if not path.exists():
        _make(path, secrets.token_urlsafe(36))
    text = path.read_text(encoding="ascii", errors="replace").removesuffix("\n")
    if not _WHOLE.fullmatch(text):
        raise SettingsError("SYSPARK_HOME", f"holds a damaged {path.name}", "restore that file from a backup")
    path.chmod(0o600)
    return text


def _make(path: Path, text: str) -> None:
    """Write a whole file under its name, or leave the one that another process has put there meanwhile.

    A hard link refuses an existing name, which a rename would silently replace: the loser would sign with a key that
    nobody can read again.
    """
    home = path.parent.parent
    if not home.exists():
        home.mkdir(parents=True, exist_ok=True)
        # When we are root the embedded database runs as another account and must be able to pass through.
        home.chmod(0o711 if os.geteuid() == 0 else 0o700)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.parent.chmod(0o700)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")  # made 0600
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(temporary)
    except FileExistsError:
        pass  # the other process's secret is as good as ours
    finally:
        Path(temporary).unlink()
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
