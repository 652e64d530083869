"""What plates look like, and how alike two are. Source: domain.md, "Identity and fusion".

Normalising is the contract's: what comes here has upper-case letters and digits only.
"""

import enum
import itertools
import re
from collections.abc import Iterator

from rapidfuzz.distance import Levenshtein

from syspark.domain.units import Plate

CONFUSED = ("0DOQ", "1IT", "2Z7", "B8", "5S", "G6")
"""Characters that cameras take for one another."""

NONE: frozenset[str] = frozenset()
"""No pairs of characters besides these: what a site has learned from corrections is two characters each, in order."""

NEAR_EDITS = 2
"""Two plates so few edits apart may be one plate, misread."""

CONFUSION_COST = 0.25
"""Of an edit, what one costs that puts a character in the place of one that looks like it."""

_FOLD = str.maketrans({character: group[0] for group in CONFUSED for character in group})


class Format(enum.StrEnum):
    """What a plate is by its looks. None is refused: they only raise or lower how far a reading is believed."""

    FR = "fr"
    FR_OLD = "fr-old"
    GENERIC = "generic"
    ODD = "odd"


# Of today: no I, O or U, since 2009; before: up to four digits, two or three letters, the department.
_FORMATS = (
    (Format.FR, re.compile(r"[A-HJ-NP-TV-Z]{2}[0-9]{3}[A-HJ-NP-TV-Z]{2}")),
    (Format.FR_OLD, re.compile(r"[0-9]{1,4}[A-HJ-NP-TV-Z]{2,3}(?:[0-9]{2}|2[AB]|97[0-9])")),
    (Format.GENERIC, re.compile(r"(?=.*[0-9])(?=.*[A-Z])[A-Z0-9]{4,9}")),
)
_DOUBT = {Format.FR: 0.5, Format.FR_OLD: 0.75, Format.GENERIC: 1.0, Format.ODD: 2.0}


def format_of(plate: Plate) -> Format:
    """The country format a plate has."""
    return next((name for name, pattern in _FORMATS if pattern.fullmatch(plate)), Format.ODD)


def believed(plate: Plate, confidence: float) -> float:
    """How far to believe a reading, 0 to 1: a known format halves the camera's own doubt, an odd one doubles it."""
    return 1 - min(1.0, (1 - confidence) * _DOUBT[format_of(plate)])


def folded(plate: Plate) -> str:
    """The plate with each character replaced by the one that stands for all it is confused with."""
    return plate.translate(_FOLD)


def edits(one: Plate, other: Plate) -> int:
    """How many characters to insert, remove or replace to make one plate of the other."""
    return Levenshtein.distance(one, other)


def distance(one: Plate, other: Plate, learned: frozenset[str] = NONE) -> float:
    """The edits between two plates, those that cameras make counted less.

    Of the folded plates each edit counts in full, but for what was learned where they are near; what the plates
    themselves differ by besides is confusion.
    """
    plain = Levenshtein.distance(folded(one), folded(other))
    pairs = _replaced(one, other) if learned and plain <= NEAR_EDITS and len(one) == len(other) else ()
    # Where a character was lost and another added, those in the same places say nothing.
    unlike = plain - (sum(pair in learned for pair in pairs) if len(pairs) == plain else 0)
    return unlike + CONFUSION_COST * (edits(one, other) - unlike)


def is_one_confusion(one: Plate, other: Plate, learned: frozenset[str] = NONE) -> bool:
    """Whether one plate is the other with exactly one character replaced by one that looks like it."""
    if len(one) != len(other) or edits(one, other) != 1:
        return False
    return folded(one) == folded(other) or substitution(one, other) in learned


def substitution(read: Plate, true: Plate) -> str | None:
    """The two characters, in order, of which one was read for the other; None where that is not all that differs.

    Characters that all cameras confuse do not count.
    """
    pairs = _replaced(read, true) if len(read) == len(true) else ()
    return pairs[0] if len(pairs) == 1 else None


def swapped(plate: Plate, learned: frozenset[str]) -> Iterator[Plate]:
    """What a plate is read as when one of its characters is taken for another by what was learned."""
    for place, character in enumerate(plate):
        for pair in learned:
            if character in pair:
                yield Plate(f"{plate[:place]}{pair.replace(character, '')}{plate[place + 1 :]}")


def _replaced(one: Plate, other: Plate) -> tuple[str, ...]:
    """The pairs of different characters in the same places of two plates of equal length, but for confusions."""
    places = zip(one, other, folded(one), folded(other), strict=True)
    return tuple("".join(sorted((a, b))) for a, b, folded_a, folded_b in places if folded_a != folded_b)


def variants(plate: Plate) -> tuple[str, ...]:
    """The folded plate and what is left of it without one or two characters, the longest first.

    Plates within two edits, and any number of confusions, have one of these in common: each edit is undone by removing
    a character from one of them, or from both.
    """
    whole = folded(plate)
    shorter = (
        "".join(kept)
        for removed in range(NEAR_EDITS + 1)
        for kept in itertools.combinations(whole, max(0, len(whole) - removed))
    )
    return tuple(dict.fromkeys(shorter))
