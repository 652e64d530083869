"""What must not be written down: secrets, whole number plates, tokens in paths, and characters that forge lines.

Two nets: what is known (registered secrets, keys with telling names) and what is recognised by its shape. Patterns are
bounded, so that a hostile text costs time in proportion to its length. Source: quality.md, "Security" and "Bad values".
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from urllib.parse import quote, quote_plus

REDACTED = "[redacted]"
_ITEMS_MAX = 100
_DEPTH_MAX = 6
_SECRET_MIN = 4  # a shorter one would blank out half of every line, and tell more than it hides

_PLATE_WORDS = frozenset({"plate", "plates", "immatriculation"})
_PIN_WORDS = frozenset({"pin", "pins", "pwd", "bearer", "otp", "totp"})
_SECRET_PARTS = re.compile(r"(?i)secret|passw|passphrase|token|authorization|cookie|(?:api|private)[_-]?key")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
# A value after = or :, whole even when its quote or bracket was never closed.
_VALUE = (
    r"""(?:\\*"(?:[^"\\]|\\[\s\S]?)*(?:"|\Z)|\\*'(?:[^'\\]|\\[\s\S]?)*(?:'|\Z)|\[[^\]]*(?:\]|\Z)|\{[^}]*(?:\}|\Z)"""
    r"""|[^\s"',;&}\])]+)"""
)


def _masked(found: re.Match[str]) -> str:
    value = found["value"].strip("\\\"'")
    return found[0].replace(value, mask_plate(value)) if value else found[0]


_Replacement = str | Callable[[re.Match[str]], str]
_SHAPES: tuple[tuple[re.Pattern[str], _Replacement], ...] = (
    (re.compile(r"(?i)((?:/|%2F)(?:edge|pay(?:/|%2F)s)(?:/|%2F))[^/%\s?#\"']+"), rf"\1{REDACTED}"),
    (re.compile(r"(?i)(/bot)[0-9]+(?::|%3A)[A-Za-z0-9_-]+"), rf"\1{REDACTED}"),
    (re.compile(r"([a-z][a-z0-9+.-]{0,20}://[^\s:/@]{0,200}):[^\s/@]{1,500}@"), rf"\1:{REDACTED}@"),
    (re.compile(r"\b(?:[sr]k_(?:live|test)|whsec)_[A-Za-z0-9_+/=]+"), REDACTED),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{4,}"), rf"\1 {REDACTED}"),
    (re.compile(r"""(?i)\b((?:set-)?cookie|authorization)(\\*["']?\s*[:=]\s*)[^\r\n]+"""), rf"\1\2{REDACTED}"),
    (
        re.compile(
            r"(?i)(\b[\w-]{0,40}(?:secret|passw(?:or)?d|passphrase|token|api[_-]?key|(?<![a-z])pins?(?![a-z]))\w{0,40}"
            r"""\\*["']?\s{0,9}[:=]\s{0,9})""" + _VALUE
        ),
        rf"\1{REDACTED}",
    ),
    (re.compile(r"""(?i)\b\w{0,40}plates?\\*["']?\s{0,9}[:=]\s{0,9}(?P<value>""" + _VALUE + ")"), _masked),
    (re.compile(r"(?i)(?<![\w-])(?P<value>[A-Z]{2}[- ]?[0-9]{3}[- ]?[A-Z]{2})(?![\w-])"), _masked),
)
_FORGING = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)


def mask_plate(plate: str) -> str:
    """A plate as a public screen shows it, `..3BB`: never more than half of it, and a masked one stays as it is."""
    legible = "".join(filter(str.isalnum, plate))
    if plate == f"..{legible}" and len(legible) <= 3:
        return plate
    return ".." + legible[len(legible) - min(3, len(legible) // 2) :]


def escape_controls(text: str) -> str:
    """The text on one line, with control, invisible, direction and unpaired characters written as escapes."""
    return _FORGING.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


class Redactor:
    """Removes from texts and structures what must not be written; secrets may be registered at any time."""

    def __init__(self, *secrets: str) -> None:
        self._secrets: frozenset[str] = frozenset()
        self._pattern: re.Pattern[str] | None = None
        self.register(*secrets)

    def register(self, *secrets: str) -> None:
        """Remember secrets, in clear and as URLs, JSON and Python would spell them; ones under 4 characters are not."""
        self._secrets |= {form for secret in secrets if len(secret) >= _SECRET_MIN for form in _spellings(secret)}
        if self._secrets:
            longest_first = sorted(self._secrets, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def text(self, text: str, *, longest: int = 8 * 1024) -> str:
        """The text without registered secrets, tokens and whole plates; cut when longer than `longest` characters."""
        margin = max(64, *map(len, self._secrets)) if self._secrets else 64
        kept = text[: longest + margin]
        if self._pattern is not None:
            kept = self._pattern.sub(REDACTED, kept)
        for shape, replacement in _SHAPES:
            kept = shape.sub(replacement, kept)
        if len(text) > longest + margin:
            # What was cut in two is no longer recognised: the end, where that half may stand, goes as well.
            return f"{kept[:-margin]}... ({len(text)} characters)"
        return kept

    def value(self, value: object, key: str = "", depth: int = 0) -> object:
        """A structure of texts, numbers, lists and mappings that says the same without what must not be written.

        `key` is the name the value stands under. Never raises, whatever the value's own `repr` does.
        """
        if value is None or isinstance(value, bool):
            return value
        if is_secret_name(key):
            return REDACTED
        if isinstance(value, int | float):
            return _number(value, key)
        if depth < _DEPTH_MAX and isinstance(value, Mapping):
            items = list(value.items())[:_ITEMS_MAX]
            return {self.name(name): self.value(item, str(name), depth + 1) for name, item in items}
        if depth < _DEPTH_MAX and isinstance(value, list | tuple | set | frozenset):
            return [self.value(item, key, depth + 1) for item in list(value)[:_ITEMS_MAX]]
        text = value if isinstance(value, str) else _shown(value)
        return escape_controls(mask_plate(self.text(text)) if is_plate_name(key) else self.text(text))

    def name(self, name: object) -> str:
        """A key of a mapping, fit to be written."""
        return escape_controls(self.text(name if isinstance(name, str) else _shown(name)))


@lru_cache(maxsize=1024)
def is_secret_name(name: str) -> bool:
    """Whether a value under this name is secret: `secret_key`, `accessToken`, `exit_pin`, but not `pinned`."""
    return bool(_SECRET_PARTS.search(name)) or not _PIN_WORDS.isdisjoint(_words(name))


@lru_cache(maxsize=1024)
def is_plate_name(name: str) -> bool:
    """Whether a value under this name is a number plate."""
    return not _PLATE_WORDS.isdisjoint(_words(name))


def _words(name: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(name[:200])}


def _number(value: int | float, key: str) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)  # JSON has no NaN
    if value.bit_length() > 64:
        return f"integer of {value.bit_length()} bits"  # Python refuses to print the longest
    return mask_plate(str(value)) if is_plate_name(key) and abs(value) >= 10_000 else value


def _shown(value: object) -> str:
    try:
        return repr(value)
    except Exception:  # noqa: BLE001 - a log line must be written whatever is in it
        return f"<unprintable {type(value).__name__}>"


def _spellings(secret: str) -> set[str]:
    forms = {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]}
    encodable = secret.encode(errors="surrogateescape")
    forms.add(repr(encodable)[2:-1])  # a payload shown as bytes
    return forms | {quote(encodable, safe=""), quote(encodable), quote_plus(encodable)}
