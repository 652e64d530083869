"""From environment variables to texts: which names are ours, which are misspelt, which are read from a file.

No value is ever put into a message: a password pasted into the wrong variable must not reach a log.
"""

import difflib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from syspark.errors import PermanentError

PREFIXES = ("SYSPARK_", "MQTT_", "STRIPE_", "TELEGRAM_", "OPENWEATHER_", "ADMIN_")
_FILE_BYTES_MAX = 64 * 1024

# Kubernetes adds these to every container for each Service of the namespace: a Service named "mqtt" must not stop us.
_SERVICE_LINK = re.compile(r"\w+_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)")
_SERVICE_LINK_VALUE = re.compile(r"(tcp|udp|sctp)://")


@dataclass(frozen=True, kw_only=True)
class Variable:
    """One environment variable as people are told about it."""

    name: str
    meaning: str
    default: str
    secret: bool
    example: str


class SettingsError(PermanentError):
    """A setting is wrong. The message is one sentence that may be shown to anyone: it never holds a value."""

    def __init__(self, variable: str, problem: str, example: str) -> None:
        super().__init__(f"{variable} {problem}; for example {example}")
        self.variable = variable


def read_environment(environ: Mapping[str, str], variables: Sequence[Variable]) -> dict[str, str]:
    """The text of every variable that is set, by name, secrets also from `NAME_FILE`; an empty one counts as unset.

    Raises SettingsError for a misspelt name, an unreadable file, or a text with control or invisible characters.
    """
    _refuse_misspelt(environ, variables)
    texts = {}
    for variable in variables:
        text = _secret(environ, variable) if variable.secret else environ.get(variable.name, "").strip()
        if text:
            texts[variable.name] = _checked(text, variable)
    return texts


def _read_secret_file(path: Path, named_by: str) -> str:
    """The secret in `path`, without the line end an editor adds. Raises SettingsError naming `named_by`."""
    example = f"{named_by}=/run/secrets/{named_by.lower().removesuffix('_file')}"
    try:
        if path.exists() and not path.is_file():
            raise SettingsError(named_by, "names something that is not a file", example)
        with path.open("rb") as file:
            content = file.read(_FILE_BYTES_MAX + 1)
    except FileNotFoundError:
        problem = "names a file that does not exist"
    except (OSError, ValueError):
        problem = "names a file that cannot be read"
    else:
        if len(content) > _FILE_BYTES_MAX:
            problem = "names a file of more than 64 KiB, which cannot be a secret"
        else:
            try:
                text = content.decode().removesuffix("\n").removesuffix("\r")
            except UnicodeDecodeError:
                problem = "names a file that is not UTF-8 text"
            else:
                if text.strip():
                    return text
                problem = "names an empty file"
    raise SettingsError(named_by, problem, example)


def _secret(environ: Mapping[str, str], variable: Variable) -> str:
    text, path = environ.get(variable.name, ""), environ.get(f"{variable.name}_FILE", "").strip()
    if path and text.strip():
        raise SettingsError(
            variable.name,
            f"and {variable.name}_FILE are both given and only one may be",
            f"{variable.name}_FILE=/run/secrets/{variable.name.lower()} alone",
        )
    if path:
        return _read_secret_file(Path(path), f"{variable.name}_FILE")
    return text if text.strip() else ""


def _checked(text: str, variable: Variable) -> str:
    problem = ""
    if variable.secret and text == variable.example:
        problem = "is still the example of the documentation"
    elif text != text.strip():
        problem = "begins or ends with a space"
    elif any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for character in text):
        problem = "has an invisible or control character, or one that is not UTF-8"
    elif len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        problem = "is in quotes, which Docker and systemd keep as part of the value"
    if problem:
        raise SettingsError(variable.name, problem, f"{variable.name}={variable.example}")
    return text


def _refuse_misspelt(environ: Mapping[str, str], variables: Sequence[Variable]) -> None:
    known = {variable.name: variable for variable in variables}
    names = [*known, *(f"{variable.name}_FILE" for variable in variables if variable.secret)]
    for name, value in sorted(environ.items()):
        if name in names or not name.upper().startswith(PREFIXES) or not value.strip():
            continue
        if _SERVICE_LINK.fullmatch(name) or (name.endswith("_PORT") and _SERVICE_LINK_VALUE.match(value)):
            continue
        shown = ascii(name)[1:-1][:60]
        bare = name.upper().removesuffix("_FILE")
        near = [bare] if bare in known else difflib.get_close_matches(name.upper(), names, n=1)
        if near:
            variable = known.get(near[0]) or known[near[0].removesuffix("_FILE")]
            example = f"{near[0]}={variable.example if near[0] in known else f'/run/secrets/{variable.name.lower()}'}"
            raise SettingsError(shown, f"is not a setting of SysPark: did you mean {near[0]}", example)
        prefix = next(prefix for prefix in PREFIXES if name.upper().startswith(prefix))
        siblings = [variable for variable in variables if variable.name.startswith(prefix)]
        listed = ", ".join(variable.name for variable in siblings)
        raise SettingsError(
            shown,
            f"is not a setting of SysPark: did you mean one of {listed}",
            f"{siblings[0].name}={siblings[0].example}",
        )
