"""What is kept of a rejected payload: its first 1 KiB as printable text, with every secret removed.

Works on anything, also on broken JSON, since that is what is rejected. Source: contract.md, "Bad input" and
"Security of the contract".
"""

import re

from syspark.contract.table import Row

KEPT_CHARS = 1024
_WINDOW = 65_536
_HIDDEN = "***"

_ESCAPED_LETTER = re.compile(r"\\u00([2-7][0-9A-Fa-f])")
_SECRET_VALUE = re.compile(
    r"""(secret\w{0,32}+[\\"']*+\s*+[:=]\s*)              # the key, quoted or not, also inside a JSON string
        (?: "(?:[^"\\]|\\.)*+"?                   # a JSON string, also unclosed
          | (\\+["']|').*?(?:(?<!\\)\2|\Z)        # a string inside a JSON string, or in single quotes
          | [\[{].*                               # a list or an object: nothing after it is kept
          | [^\s,;}\]"']+                         # a bare word
        )""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)


def redact(payload: bytes, secrets: tuple[str, ...], row: Row | None = None) -> str:
    """Give the part of a rejected payload that may be stored and shown; `row` is its topic's, when that was read."""
    if row is not None and row.confidential:
        return f"({len(payload)} bytes withheld: a PIN)"
    window = payload[:_WINDOW]
    for secret in _longest_first(secrets):
        for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
            window = window.replace(secret.encode(encoding, "surrogatepass"), _HIDDEN.encode())
        if len(payload) > _WINDOW:  # half a secret may stand where the window ends
            window = window[: len(window) - 4 * len(secret)]
    text = window.decode(errors="backslashreplace")
    if "secret" in text.replace("\0", "").lower():  # UTF-16 taken for UTF-8
        text = text.replace("\0", "")
    return "".join(map(_shown, hide(text, secrets)[:KEPT_CHARS]))[:KEPT_CHARS]


def hide(text: str, secrets: tuple[str, ...]) -> str:
    """Replace by `***` the value of every `secret` key, and every valid secret wherever it stands."""
    if "\\u00" in text:
        text = _ESCAPED_LETTER.sub(lambda found: _unescaped(found[1]), text)
    for secret in _longest_first(secrets):
        text = text.replace(secret, _HIDDEN)
    return _SECRET_VALUE.sub(rf'\1"{_HIDDEN}"', text) if "secret" in text.lower() else text


def _longest_first(secrets: tuple[str, ...]) -> list[str]:
    return sorted(filter(None, secrets), key=len, reverse=True)


def _unescaped(digits: str) -> str:
    char = chr(int(digits, 16))
    return char if char.isalnum() else f"\\u00{digits}"


def _shown(char: str) -> str:
    if char.isprintable():
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
