"""How likely it is that a vehicle at the exit is taken for another one. Source: domain.md, "Identity and fusion"."""

from syspark.domain import plates
from syspark.domain.units import Plate

MISREAD = 0.05
"""How often a camera takes one character for another that looks like it."""
UNKNOWN = 0.02
"""How often whoever leaves has a plate that nobody read when they came in: a stranger to those inside."""
FRENCH_PLATES = 23**4 * 1000
"""Of today's format, where no letter is I, O or U."""
TOLD_FROM = 0.1
"""A risk that differs by less than this share of itself is told once."""


def misreadings(plate: Plate) -> int:
    """In how many ways one character of a plate is taken for another."""
    return sum(_OTHERS.get(character, 0) for character in plate)


def match_risk(inside: int, taken_for: float) -> float:
    """The share of exits at which a vehicle would be matched with another one's session.

    `inside` is how many plates are open sessions', `taken_for` the sum, over these, of the share of their misreadings
    that are another session's plate: fleets. A stranger is taken for somebody who has that plate, or one that is one
    confusion away: as often as chance has it among French plates.
    """
    if not inside:
        return 0.0
    strangers = inside * (1 + _LIKE_A_FRENCH_ONE) / FRENCH_PLATES
    return MISREAD * taken_for / inside + UNKNOWN * strangers


def is_news(risk: float, told: float) -> bool:
    """Whether a risk differs enough from the one told to be told."""
    return abs(risk - told) > TOLD_FROM * max(risk, told)


_OTHERS = {character: len(group) - 1 for group in plates.CONFUSED for character in group}
# Among letters D and Q are confused, among digits 2 and 7; four letters of 23, three digits of 10.
_LIKE_A_FRENCH_ONE = 4 * 2 / 23 + 3 * 2 / 10
