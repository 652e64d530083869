"""JSON from strangers, decoded with bounded work: depth, duplicate keys, numbers and characters are checked.

The standard decoder is used because its hooks see what msgspec hides: msgspec silently keeps the last of two equal
keys. What comes out is given to `msgspec.convert`, which checks the form. Source: contract.md, "Bad input".
"""

import json
import math
import re
from itertools import accumulate
from typing import Any, NoReturn, TypeVar

import msgspec

from syspark.contract.reasons import Reason, UnreadableError

MAX_DEPTH = 16
MAX_DIGITS = 18
"""No quantity of the contract needs more; it also keeps `int()` far from its quadratic cost."""

_STRING_OR_FILLER = re.compile(r'"(?:[^"\\]|\\.)*+"?|[^"\[\]{}]+', re.DOTALL)
# An unclosed string matches to the end: otherwise each escaped quote in it would start a new search, in quadratic time.
_STEP = {"[": 1, "{": 1, "]": -1, "}": -1}
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
_RANGE_MESSAGE = re.compile(r"Expected `(?:int|float)` [<>]")
_MISSING = re.compile(r"missing required field `(\w{1,64})`")
_PATH = re.compile(r"`\$\.?([A-Za-z0-9_.\[\]]{1,64})`$")

_Wire = TypeVar("_Wire", bound=msgspec.Struct)


def decode_object(text: str) -> dict[str, Any]:
    """Decode one JSON object.

    Raises `UnreadableError` with `too_deep`, `duplicate_key`, `not_finite`, `out_of_range`, `nul_bytes`, `not_utf8` (a
    lone surrogate) or `bad_payload`.
    """
    if text.count("[") + text.count("{") > MAX_DEPTH and _depth(text) > MAX_DEPTH:
        raise UnreadableError(Reason.TOO_DEEP, "the JSON is nested deeper than 16 levels")
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise UnreadableError(Reason.BAD_PAYLOAD, "the JSON is malformed") from error
    if not isinstance(value, dict):
        raise UnreadableError(Reason.BAD_PAYLOAD, "a JSON object is expected")
    if "\\u" in text:  # only an escape can smuggle these in: the bytes themselves were valid UTF-8 without NUL
        _refuse_unstorable(value)
    return value


def convert(value: dict[str, Any], form: type[_Wire]) -> _Wire:
    """Give an object its form; raises `UnreadableError` with `out_of_range` or `bad_payload`, naming the field."""
    try:
        return msgspec.convert(value, form)
    except msgspec.ValidationError as error:
        message = str(error)
        path = _PATH.search(message)
        missing = _MISSING.search(message)
        if missing or path is None:
            field = missing[1] if missing else "a required field"
            raise UnreadableError(Reason.BAD_PAYLOAD, f"{field} is missing") from None
        if _RANGE_MESSAGE.match(message):
            raise UnreadableError(Reason.OUT_OF_RANGE, f"{path[1]} is out of range") from None
        raise UnreadableError(Reason.BAD_PAYLOAD, f"{path[1]} has a wrong type or value") from None


def _depth(text: str) -> int:
    brackets = _STRING_OR_FILLER.sub("", text)
    return max(accumulate(map(_STEP.__getitem__, brackets)), default=0)


def _refuse_unstorable(value: object) -> None:
    if isinstance(value, str):
        found = _UNSTORABLE.search(value)
        if found and found[0] == "\0":
            raise UnreadableError(Reason.NUL_BYTES, "a JSON text holds an escaped NUL")
        if found:
            raise UnreadableError(Reason.NOT_UTF8, "a JSON text holds half of a surrogate pair")
    elif isinstance(value, dict):
        for key, item in value.items():
            _refuse_unstorable(key)
            _refuse_unstorable(item)
    elif isinstance(value, list):
        for item in value:
            _refuse_unstorable(item)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise UnreadableError(Reason.DUPLICATE_KEY, "a JSON object names the same key twice")
    return value


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise UnreadableError(Reason.OUT_OF_RANGE, "a whole number has too many digits")
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise UnreadableError(Reason.NOT_FINITE, "a number is too large")
    return number


def _constant(_name: str) -> NoReturn:
    raise UnreadableError(Reason.NOT_FINITE, "NaN and Infinity are not numbers")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_integer, parse_float=_finite, parse_constant=_constant, strict=True
)
