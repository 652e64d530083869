"""How cameras misread plates: mostly one character for one that looks like it, and less sure of it than of a right one.

Source: domain.md, "Identity and fusion", for what looks alike. Written by hand, never the product's list: a simulator
that shared it would not notice what it lacks.
"""

from random import Random

ALIKE = ("0DOQ", "1IT", "2Z7", "8B", "5S", "6G")
ANYTHING = "ABCDEFGHJKLMNPQRSTVWXYZ0123456789"
OF_ANYTHING = 0.1
OF_TWO = 0.1


def misread(plate: str, chance: Random) -> str:
    """What a camera takes a plate for; of a tenth two characters are wrong, of another one is anything at all."""
    if chance.random() < OF_ANYTHING:
        place = chance.randrange(len(plate))
        return plate[:place] + chance.choice(ANYTHING.replace(plate[place], "")) + plate[place + 1 :]
    read = _confused(plate, plate, chance)
    return _confused(read, plate, chance) if chance.random() < OF_TWO else read


def confidence(chance: Random, *, rightly: bool) -> float:
    """How sure a camera is of what it has read, from 0 to 1: of one misreading in six as sure as it has to be."""
    return round(chance.betavariate(40, 2) if rightly else chance.betavariate(12, 3), 3)


def _confused(read: str, plate: str, chance: Random) -> str:
    """One more character taken for one that looks like it, where there is one that was read rightly so far."""
    places = [
        place
        for place, character in enumerate(plate)
        if read[place] == character and any(character in group for group in ALIKE)
    ]
    if not places:
        return read
    place = chance.choice(places)
    group = next(group for group in ALIKE if plate[place] in group)
    return read[:place] + chance.choice(group.replace(plate[place], "")) + read[place + 1 :]
