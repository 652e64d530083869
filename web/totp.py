"""Time-based one-time codes of six digits. Source: RFC 6238, over RFC 4226; 30 s steps, SHA-1 as phones know it."""

import hashlib
import hmac
from datetime import datetime

STEP_S = 30
DIGITS = 6


def step_of(secret: bytes, code: str, now: datetime) -> int | None:
    """The time step a code belongs to, one step of clock error allowed either way; None: it is wrong.

    The caller must accept each step once only.
    """
    if len(code) != DIGITS or not code.isascii() or not code.isdigit():
        return None
    present = int(now.timestamp()) // STEP_S
    for step in (present, present - 1, present + 1):
        if hmac.compare_digest(code_at(secret, step), code):
            return step
    return None


def code_at(secret: bytes, step: int) -> str:
    """The code of a time step."""
    digest = hmac.new(secret, step.to_bytes(8, "big"), hashlib.sha1).digest()
    at = digest[-1] & 0x0F
    number = int.from_bytes(digest[at : at + 4], "big") & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)
