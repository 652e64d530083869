"""Passwords and tokens the world already knows, and those too short to keep.

Source: OWASP ASVS 5.0, 6.2.1 (eight characters at least), 6.2.4 (refuse the common ones), 6.3.2 (no default account).
"""

import re

_KNOWN = frozenset(
    {
        "admin",
        "administrator",
        "administrateur",
        "azerty",
        "azertyuiop",
        "bienvenue",
        "changeit",
        "changeme",
        "default",
        "demo",
        "example",
        "guest",
        "letmein",
        "login",
        "motdepasse",
        "operator",
        "parking",
        "pass",
        "passwd",
        "password",
        "please",
        "qwerty",
        "qwertyuiop",
        "replaceme",
        "root",
        "secret",
        "superuser",
        "syspark",
        "test",
        "token",
        "user",
        "welcome",
        "adminadmin",
        "adminpassword",
        "adminsyspark",
        "passwordpassword",
        "sysparkadmin",
    }
)
_LEET = str.maketrans("@403$5", "aaoess")


def is_known_default(text: str) -> bool:
    """Whether a text is a well-known default, also with other letter case, digits or signs around it, or in leet."""
    folded = text.casefold()
    undecorated = re.sub(r"\A[^a-z@$]+|[^a-z]+\Z", "", folded)
    words = {re.sub(r"[^a-z]", "", text) for text in (folded, folded.translate(_LEET), undecorated.translate(_LEET))}
    return bool(words & _KNOWN) or (text.isdecimal() and len(text) < 12) or len(set(text)) < 4


def password(text: str) -> str:
    """A person's password. Raises ValueError."""
    if is_known_default(text):
        raise ValueError("is a well-known default")
    if len(text) < 8:
        raise ValueError("has fewer than 8 characters")
    if len(text) > 1024:
        raise ValueError("has more than 1024 characters")
    return text


def bearer_token(text: str) -> str:
    """A token sent in a header. Raises ValueError."""
    if is_known_default(text):
        raise ValueError("is a well-known default")
    if not re.fullmatch(r"[!-~]{8,512}", text):
        raise ValueError("is not 8 to 512 ASCII characters without spaces")
    return text


def signing_key(text: str) -> str:
    """A key that signs and encrypts. Raises ValueError."""
    if len(text) < 32:
        raise ValueError("has fewer than 32 characters")
    return text
