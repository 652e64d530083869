"""A small picture for the camera gateway: a real grey JPEG, made by hand so that no imaging library is needed.

Baseline, one component, and only the mean of each block of 8 by 8 points is coded. Source: ITU-T T.81, annexes F and K.
"""

import functools
import zlib

BLOCKS_WIDE = 16
BLOCKS_HIGH = 12
_QUANTUM = 16
_DC_LENGTHS = (0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0)
_DC_CODES = ("00", "010", "011", "100", "101", "110", "1110", "11110", "111110", "1111110", "11111110", "111111110")
_END_OF_BLOCK = "0"


@functools.lru_cache(maxsize=256)
def jpeg(label: str) -> bytes:
    """A picture that differs from label to label: a dark bar of dots on a bright ground."""
    bits: list[str] = []
    before = 0
    dots = zlib.crc32(label.encode())
    for row in range(BLOCKS_HIGH):
        for column in range(BLOCKS_WIDE):
            dark = 5 <= row <= 6 and dots >> (column * 2 + row - 5) & 1
            mean = -40 if dark else 20 + column
            bits.append(_difference(mean - before))
            bits.append(_END_OF_BLOCK)
            before = mean
    return b"".join((_HEAD, _frame(), _huffman(), _SCAN, _packed("".join(bits)), b"\xff\xd9"))


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


def _frame() -> bytes:
    size = (BLOCKS_HIGH * 8).to_bytes(2, "big") + (BLOCKS_WIDE * 8).to_bytes(2, "big")
    return _segment(0xC0, b"\x08" + size + b"\x01\x01\x11\x00")


def _huffman() -> bytes:
    dc = b"\x00" + bytes(_DC_LENGTHS) + bytes(range(12))
    ac = b"\x10" + bytes((1, *[0] * 15)) + b"\x00"
    return _segment(0xC4, dc) + _segment(0xC4, ac)


_HEAD = (
    b"\xff\xd8"
    + _segment(0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00")
    + _segment(0xDB, b"\x00" + bytes([_QUANTUM] * 64))
)
_SCAN = _segment(0xDA, b"\x01\x01\x00\x00\x3f\x00")
