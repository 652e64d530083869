"""The shapes a setting's text may have. Each function returns the value or raises ValueError saying what is wrong.

The words of a ValueError follow the variable's name in a sentence, and never repeat the text.
"""

import re
import ssl
from collections.abc import Callable
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, urlsplit

_WHOLE_NUMBER = re.compile(r"[0-9]{1,9}")
_HOST_NAME = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,62}))*\.?")
_WORDS = {True: {"on", "true", "yes", "1"}, False: {"off", "false", "no", "0"}}


def whole_number(lowest: int, highest: int) -> Callable[[str], int]:
    """A number in ASCII digits between two bounds, both included."""

    def parse(text: str) -> int:
        if not _WHOLE_NUMBER.fullmatch(text) or not lowest <= int(text) <= highest:
            raise ValueError(f"is not a whole number from {lowest} to {highest}")
        return int(text)

    return parse


def switch(text: str) -> bool:
    """On or off."""
    for value, words in _WORDS.items():
        if text.casefold() in words:
            return value
    raise ValueError("is neither on nor off")


def choice(of: type[StrEnum]) -> Callable[[str], StrEnum]:
    """One of the members, in any case."""

    def parse(text: str) -> StrEnum:
        for member in of:
            if text.casefold() == member.value.casefold():
                return member
        raise ValueError(f"is none of {', '.join(of)}")

    return parse


def matching(pattern: str, otherwise: str) -> Callable[[str], str]:
    """A text that matches `pattern` whole; `otherwise` says what is wrong when it does not."""
    compiled = re.compile(pattern)

    def parse(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(otherwise)
        return text

    return parse


short_text = matching(r".{1,200}", "has more than 200 characters")
topic_level = matching(r"[A-Za-z0-9_-]{1,64}", "is not one topic level of letters, digits, - and _")
account = matching(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}", "is not 1 to 64 letters, digits, dots, dashes or @")
mqtt_secret = matching(r"[!-~]{1,64}", "is not 1 to 64 ASCII characters without spaces")
stripe_key = matching(r"(sk|rk)_(test|live)_[A-Za-z0-9_]+", "is not a secret key: it begins sk_ or rk_")
stripe_webhook_secret = matching(r"whsec_[!-~]+", "is not a signing secret: it begins whsec_")
telegram_token = matching(r"[0-9]+:[A-Za-z0-9_-]+", "is not digits, a colon, and letters")
telegram_chat = matching(r"-?[0-9]{1,20}|@[A-Za-z][A-Za-z0-9_]{3,31}", "is neither a number nor a @channel")
worker_name = matching(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", "is not 1 to 64 letters, digits, dots and dashes")
weather_key = matching(r"[!-~]{1,200}", "is not ASCII characters without spaces")


def host(text: str) -> str:
    """A host name or an address, without scheme and port."""
    if "://" in text:
        raise ValueError("has a scheme where only a host name is wanted")
    try:
        return str(ip_address(text))
    except ValueError:
        if _HOST_NAME.fullmatch(text):
            return text
    raise ValueError("is not a host name or an address (a port has its own variable)")


def is_this_machine(name: str) -> bool:
    """Whether a host name or address is the machine itself: nothing sent there can be overheard."""
    try:
        address = ip_address(name.strip("[]"))
    except ValueError:
        bare = name.casefold().rstrip(".")
        return bare == "localhost" or bare.endswith(".localhost")
    mapped = getattr(address, "ipv4_mapped", None) or address
    return bool(mapped.is_loopback or mapped.is_unspecified)


def web_address(text: str) -> str:
    """An `http` or `https` address without user, query and fragment; a slash at its end is dropped."""
    parts = _split(text)
    if parts.scheme not in {"http", "https"}:
        raise ValueError("does not begin with https:// or http://")
    if parts.username is not None or parts.password is not None:
        raise ValueError("has a user or password in it")
    if "?" in text or "#" in text or re.search(r"\s", text):
        raise ValueError("has more than scheme, host and path")
    host(parts.hostname or "")
    return text.rstrip("/")


def origin(text: str) -> str:
    """A web address without a path."""
    address = web_address(text)
    if urlsplit(address).path:
        raise ValueError("has a path, and pages are served from the root")
    return address


def database_url(text: str) -> str:
    """A PostgreSQL address that names a database; libpq reads the rest."""
    if not text.startswith(("postgresql://", "postgres://")):
        raise ValueError("does not begin with postgresql:// or postgres://")
    if re.search(r"[#\s]", text):
        raise ValueError("has a # or a space, to be written %23 and %20 in a password")
    parts = _split(text)
    if not parts.path.strip("/") and "dbname" not in parse_qs(parts.query):
        raise ValueError("names no database after the host")
    return text


def networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Addresses and networks separated by commas."""
    found = []
    for part in text.split(","):
        try:
            network = ip_network(part.strip())
        except ValueError:
            raise ValueError("is not a list of addresses or networks separated by commas") from None
        if network.prefixlen == 0:
            raise ValueError("trusts every address, so that anyone could claim to be anyone")
        found.append(network)
    return tuple(found)


def folder(text: str) -> Path:
    """An absolute path; what is there, if anything, is a folder."""
    try:
        path = Path(text).expanduser().absolute()
        usable = not path.exists() or path.is_dir()
    except (OSError, RuntimeError) as error:
        raise ValueError("is not a path that can be used") from error
    if not usable:
        raise ValueError("is not a folder")
    return path


def certificates(text: str) -> Path:
    """A readable file of PEM certificates."""
    path = Path(text).absolute()
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
    except ssl.SSLError:
        raise ValueError("names a file that holds no PEM certificate") from None
    except FileNotFoundError:
        raise ValueError("names a file that does not exist") from None
    except OSError:
        raise ValueError("names a file that cannot be read") from None
    return path


def _split(text: str) -> SplitResult:
    """The parts of an address. Python's own words are replaced: they repeat the text, and it may hold a password."""
    try:
        parts = urlsplit(text)
        _ = parts.port, parts.hostname
    except ValueError:
        raise ValueError(
            "is not an address: special characters in a password are written %xx, a port in digits"
        ) from None
    return parts
