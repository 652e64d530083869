"""Who sells the places of a site. Source: domain.md, "Seller"."""

import re
from dataclasses import dataclass

_SIREN_DIGITS = 9
_VAT = re.compile(r"[A-Z]{2}[0-9A-Z]{2,12}")
_VAT_OF_FRANCE = re.compile(r"FR([0-9A-HJ-NP-Z]{2})([0-9]{9})")


@dataclass(frozen=True, slots=True)
class Seller:
    """The legal entity on the receipts; what is not known is empty."""

    name: str
    address: str
    siren: str
    vat_number: str


def read_siren(text: str) -> str:
    """The nine digits of a SIREN, however they are spaced. Raises ValueError. Source: INSEE, key by Luhn's rule."""
    digits = re.sub(r"[\s.]", "", text)
    if len(digits) != _SIREN_DIGITS or not (digits.isascii() and digits.isdigit()):
        raise ValueError("a SIREN has nine digits")
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits))]
    if sum(value // 10 + value % 10 for value in doubled) % 10:
        raise ValueError("its last digit does not fit the others: a digit is wrong")
    return digits


def read_vat_number(text: str) -> str:
    """A VAT number, however it is spaced. Raises ValueError. Source: Council Directive 2006/112/EC, article 215.

    A French one ends in the SIREN, and its key, when it is made of digits, follows from that.
    """
    number = re.sub(r"[\s.]", "", text).upper()
    if not _VAT.fullmatch(number):
        raise ValueError("a VAT number has two letters of a country and 2 to 12 letters or digits")
    french = _VAT_OF_FRANCE.fullmatch(number)
    if number.startswith("FR"):
        if french is None:
            raise ValueError("a French VAT number has FR, two characters and the SIREN")
        key, siren = french.groups()
        read_siren(siren)
        if key.isdigit() and int(key) != (12 + 3 * (int(siren) % 97)) % 97:
            raise ValueError("its key does not fit its SIREN: a digit is wrong")
    return number
