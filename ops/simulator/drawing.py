"""The front of a car with its plate, drawn dot by dot: what a lane's camera sees."""

from collections.abc import Mapping
from types import MappingProxyType

WIDE, HIGH = 64, 68
"""Its plate stands in the middle: a lane's card shows a strip of it only."""

GLYPH_WIDE, GLYPH_HIGH = 5, 7

PLATE_ROWS = slice(30, 41)

Colour = tuple[int, int, int]
Drawing = list[list[Colour]]

_ROAD, _WALL, _LINE = (88, 90, 94), (150, 156, 160), (196, 196, 188)
_GLASS, _SHINE, _TYRE, _DARK = (38, 48, 60), (92, 110, 126), (24, 24, 26), (30, 32, 36)
_LAMP, _PLATE, _BAND, _INK = (246, 240, 206), (240, 240, 236), (36, 70, 160), (16, 16, 20)
_BODIES: tuple[Colour, ...] = (
    *((176, 38, 40), (28, 74, 140), (196, 198, 202), (58, 62, 68), (232, 232, 228), (30, 104, 74), (206, 140, 40)),
)

# Seven rows of five dots, each row a digit to the base of 32.
_GLYPHS: Mapping[str, str] = MappingProxyType(
    {
        "0": "EHJLPHE",
        "1": "4C4444E",
        "2": "EH168GV",
        "3": "U11E11U",
        "4": "26AIV22",
        "5": "VGU11HE",
        "6": "EGGUHHE",
        "7": "V124888",
        "8": "EHHEHHE",
        "9": "EHHF11E",
        "A": "EHHVHHH",
        "B": "UHHUHHU",
        "C": "EHGGGHE",
        "D": "UHHHHHU",
        "E": "VGGUGGV",
        "F": "VGGUGGG",
        "G": "EHGNHHF",
        "H": "HHHVHHH",
        "I": "E44444E",
        "J": "72222IC",
        "K": "HIKOKIH",
        "L": "GGGGGGV",
        "M": "HRLLHHH",
        "N": "HPLJHHH",
        "O": "EHHHHHE",
        "P": "UHHUGGG",
        "Q": "EHHHLID",
        "R": "UHHUKIH",
        "S": "FGGE11U",
        "T": "V444444",
        "U": "HHHHHHE",
        "V": "HHHHHA4",
        "W": "HHHLLRH",
        "X": "HHA4AHH",
        "Y": "HHA4444",
        "Z": "V1248GV",
    }
)


def car_front(plate: str, chance: int) -> Drawing:
    """A car on the road in front of a wall; `chance` decides its colour."""
    drawing = [[_WALL if row < 14 else _ROAD for _ in range(WIDE)] for row in range(HIGH)]
    body = _BODIES[chance % len(_BODIES)]
    light = tuple(min(255, part + 28) for part in body)
    _box(drawing, 0, 2, 14, 15, _LINE)
    _box(drawing, WIDE - 2, WIDE, 14, 15, _LINE)
    _box(drawing, 10, 17, 38, 45, _TYRE)
    _box(drawing, 47, 54, 38, 45, _TYRE)
    for row in range(4, 19):  # the cabin widens downward, its screen within
        out = (row - 4) // 2
        _box(drawing, 18 - out, 46 + out, row, row + 1, body)
        if 6 <= row < 17:
            _box(drawing, 20 - out, 44 + out, row, row + 1, _GLASS)
            _box(drawing, 24 - out + row // 2, 28 - out + row // 2, row, row + 1, _SHINE)
    _box(drawing, 8, 56, 19, 41, body)
    _box(drawing, 10, 54, 19, 21, (light[0], light[1], light[2]))
    for left in (9, 47):
        _box(drawing, left, left + 8, 24, 29, _DARK)
        _box(drawing, left + 1, left + 7, 25, 28, _LAMP)
    for row in (24, 26, 28):
        _box(drawing, 20, 44, row, row + 1, _DARK)
    _box(drawing, 8, 56, 39, 42, _DARK)
    _plate(drawing, plate)
    return drawing


def _plate(drawing: Drawing, plate: str) -> None:
    width = len(plate) * (GLYPH_WIDE + 1) + 1
    left, top = (WIDE - width) // 2, 31
    _box(drawing, left - 2, left, top, top + GLYPH_HIGH + 2, _BAND)
    _box(drawing, left, left + width, top, top + GLYPH_HIGH + 2, _PLATE)
    _box(drawing, left + width, left + width + 2, top, top + GLYPH_HIGH + 2, _BAND)
    for place, character in enumerate(plate):
        for row, digit in enumerate(_GLYPHS.get(character, "0000000")):
            for column in range(GLYPH_WIDE):
                if int(digit, 32) >> (GLYPH_WIDE - 1 - column) & 1:
                    x = left + 1 + place * (GLYPH_WIDE + 1) + column
                    _box(drawing, x, x + 1, top + 1 + row, top + 2 + row, _INK)


def _box(drawing: Drawing, left: int, right: int, top: int, bottom: int, colour: Colour) -> None:
    for row in drawing[max(0, top) : bottom]:
        for column in range(max(0, left), min(WIDE, right)):
            row[column] = colour
