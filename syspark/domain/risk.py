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


def misreadings(plate: Plate, learned: frozenset[str] = plates.NONE) -> int:
    """In how many ways one character of a plate is taken for another, by all cameras and by what a site has learned."""
    return sum(_OTHERS.get(character, 0) for character in plate) + sum(1 for _ in plates.swapped(plate, learned))


def match_risk(inside: int, taken_for: float, learned: frozenset[str] = plates.NONE) -> float:
    """The share of exits at which a vehicle would be matched with another one's session.

    `inside` is how many plates are open sessions', `taken_for` the sum, over these, of the share of their misreadings
    that are another session's plate: fleets. A stranger is taken for somebody who has that plate, or one that is one
    confusion away: as often as chance has it among French plates.
    """
    if not inside:
        return 0.0
    strangers = inside * (1 + _like_a_french_one(learned)) / FRENCH_PLATES
    return MISREAD * taken_for / inside + UNKNOWN * strangers


def is_news(risk: float, told: float) -> bool:
    """Whether a risk differs enough from the one told to be told."""
    return abs(risk - told) > TOLD_FROM * max(risk, told)


_OTHERS = {character: len(group) - 1 for group in plates.CONFUSED for character in group}


def _like_a_french_one(learned: frozenset[str]) -> float:
    """How many French plates one confusion is away from, on average: four letters of 23, three digits of 10.

    Among letters all cameras confuse D and Q, among digits 2 and 7; a letter taken for a digit gives no French plate.
    """
    letters = 1 + sum(pair.isalpha() for pair in learned)
    digits = 1 + sum(pair.isdigit() for pair in learned)
    return 4 * 2 / 23 * letters + 3 * 2 / 10 * digits
