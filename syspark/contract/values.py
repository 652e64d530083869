"""Badge numbers, plates, times and texts as strangers write them, turned into valid values.

Source: contract.md, "Families" and "Bad input"; quality.md, "Bad values that have bitten others".
"""

import re
import unicodedata
from datetime import UTC, datetime, timedelta

from syspark.contract.reasons import Reason, UnreadableError
from syspark.domain.units import Plate, Uid

MAX_PLATE = 15
"""What the firmware's plate field holds."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS_BELOW = 10**11
_LAST_MS = 253_402_300_799_999
_UID = re.compile(r"[0-9A-Fa-f]{8}(?:[0-9A-Fa-f]{2})?")


def read_uid(text: str) -> Uid:
    """Identify a badge: 8 or 10 hex digits, any case, spaces ignored; raises `UnreadableError` (`bad_uid`)."""
    digits = text.replace(" ", "")
    if _UID.fullmatch(digits) is None:
        raise UnreadableError(Reason.BAD_UID, "a badge number needs 8 or 10 hexadecimal digits")
    return Uid(digits[:8].upper())


def read_plate(text: str) -> Plate:
    """Normalise a plate to 2 to 15 of A-Z and 0-9; raises `UnreadableError` (`bad_plate`).

    Separators are dropped and accents removed (German plates have umlauts). A letter or digit of another script is
    refused, not dropped: what is left of a Cyrillic look-alike would be somebody else's plate.
    """
    if len(text) <= 64:
        if not text.isascii():
            text = unicodedata.normalize("NFD", text)
        kept = "".join(filter(str.isalnum, text))
        if kept.isascii() and 2 <= len(kept) <= MAX_PLATE:
            return Plate(kept.upper())
    raise UnreadableError(Reason.BAD_PLATE, "a plate needs 2 to 15 letters A to Z and digits")


def read_time(stamp: float) -> datetime:
    """Turn Unix milliseconds (seconds when under 10^11) into aware UTC; raises `UnreadableError` (`out_of_range`)."""
    if not 0 <= stamp <= _LAST_MS:
        raise UnreadableError(Reason.OUT_OF_RANGE, "a time is out of range")
    return _EPOCH + (timedelta(seconds=stamp) if stamp < _SECONDS_BELOW else timedelta(milliseconds=stamp))


def read_digits(text: str, *, what: str, longest: int) -> int:
    """Read a whole number written with ASCII digits only; raises `UnreadableError`."""
    if text.isascii() and text.removeprefix("-").isdigit():
        if len(text) > longest:
            raise UnreadableError(Reason.OUT_OF_RANGE, f"{what} is out of range")
        return int(text)
    if text.lstrip("+-").lower() in {"nan", "inf", "infinity"}:
        raise UnreadableError(Reason.NOT_FINITE, f"{what} is not a finite number")
    raise UnreadableError(Reason.BAD_PAYLOAD, f"{what} is not a whole number")


def unix_ms(moment: datetime) -> int:
    """Give an aware time as Unix milliseconds, whole ones."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def clean_text(text: str, longest: int) -> str:
    """Make a stranger's text fit to be shown and logged: no control or direction characters, bounded length."""
    text = text[: 4 * longest]
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " for char in text)
    return text.strip()[:longest].rstrip()
