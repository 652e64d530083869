"""A small picture for the camera gateway: the front of a car with its plate, made by hand without an imaging library.

A real JPEG: baseline, three components, and only the mean of each block of 8 by 8 points is coded, which makes it one
dot of the drawing. Source: ITU-T T.81, annexes F and K.
"""

import functools
import zlib

from ops.simulator.drawing import PLATE_ROWS, WIDE, Colour, Drawing, car_front

_STEP = 2.0  # of brightness, for one step of the means that are coded
_QUANTUM = 16
_COMPONENTS = 3
_DC_LENGTHS = (0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0)
_DC_CODES = ("00", "010", "011", "100", "101", "110", "1110", "11110", "111110", "1111110", "11111110", "111111110")
_END_OF_BLOCK = "0"


@functools.lru_cache(maxsize=256)
def jpeg(plate: str) -> bytes:
    """The car of a plate, always the same."""
    return _coded(car_front(plate, zlib.crc32(plate.encode())))


def close_up(plate: str) -> bytes:
    """Its plate alone: short enough to be pasted."""
    return _coded(car_front(plate, zlib.crc32(plate.encode()))[PLATE_ROWS])


def _coded(drawing: Drawing) -> bytes:
    bits: list[str] = []
    before = [0] * _COMPONENTS
    for row in drawing:
        for colour in row:
            for component, mean in enumerate(_means(colour)):
                bits.append(_difference(mean - before[component]))
                bits.append(_END_OF_BLOCK)
                before[component] = mean
    return b"".join((_HEAD, _frame(len(drawing)), _huffman(), _SCAN, _packed("".join(bits)), b"\xff\xd9"))


@functools.lru_cache(maxsize=1024)
def _means(colour: Colour) -> tuple[int, ...]:
    """Brightness, and how much bluer and redder than it, in steps from the middle. Source: JFIF 1.02."""
    red, green, blue = colour
    bright = 0.299 * red + 0.587 * green + 0.114 * blue
    return tuple(round(part / _STEP) for part in (bright - 128, 0.564 * (blue - bright), 0.713 * (red - bright)))


def _difference(value: int) -> str:
    size = abs(value).bit_length()
    if size == 0:
        return _DC_CODES[0]
    magnitude = value if value > 0 else value + (1 << size) - 1
    return _DC_CODES[size] + f"{magnitude:0{size}b}"


def _packed(bits: str) -> bytes:
    padded = bits + "1" * (-len(bits) % 8)
    packed = int(padded, 2).to_bytes(len(padded) // 8, "big")
    return packed.replace(b"\xff", b"\xff\x00")  # a marker cannot stand in the data


def _segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2, "big") + body


def _frame(high: int) -> bytes:
    size = (high * 8).to_bytes(2, "big") + (WIDE * 8).to_bytes(2, "big")
    components = b"".join(bytes((number + 1, 0x11, 0)) for number in range(_COMPONENTS))
    return _segment(0xC0, b"\x08" + size + bytes((_COMPONENTS,)) + components)


def _huffman() -> bytes:
    dc = b"\x00" + bytes(_DC_LENGTHS) + bytes(range(12))
    ac = b"\x10" + bytes((1, *[0] * 15)) + b"\x00"
    return _segment(0xC4, dc) + _segment(0xC4, ac)


_HEAD = (
    b"\xff\xd8"
    + _segment(0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00")
    + _segment(0xDB, b"\x00" + bytes([_QUANTUM] * 64))
)
_SCAN = _segment(0xDA, b"\x03\x01\x00\x02\x00\x03\x00\x00\x3f\x00")
