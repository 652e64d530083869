"""Texts and prices in the words of the field's displays. Source: contract.md, "Facts about the field equipment"."""

import unicodedata

from syspark.domain.units import Cents

PLATE_CHARS = 15
CAUSE_CHARS = 63

_MAX_AMOUNT = 999_999_99
_SPELT = str.maketrans(
    {"€": "EUR", "œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ß": "ss", "ø": "o", "Ø": "O"}
    | dict.fromkeys("’‘ʼ", "'")
    | dict.fromkeys("“”«»", '"')
    | dict.fromkeys("–—‑", "-")
    | dict.fromkeys("\t\r\n\u00a0\u202f", " ")
)


class UnformattableError(ValueError):
    """An order cannot be put into the words of this device: permanent, sending it again cannot help."""


def board_text(text: str, longest: int | None = None) -> str:
    """Write a text with printable ASCII, which is all the boards' fonts have, cut to a field of the firmware.

    Accents are removed and what has no equivalent becomes `?`, so one character is one byte and a cut never splits one.
    """
    plain = unicodedata.normalize("NFKD", text.translate(_SPELT))
    kept = (char if " " <= char <= "~" else "?" for char in plain if not unicodedata.combining(char))
    return "".join(kept).strip()[:longest]


def price_text(amount: Cents) -> str:
    """Write an amount as firmware shows it, `12.50`; raises `UnformattableError` when negative or over 9 characters."""
    if not 0 <= amount <= _MAX_AMOUNT:
        raise UnformattableError("the amount does not fit the firmware's price field")
    units, cents = divmod(amount, 100)
    return f"{units}.{cents:02d}"
