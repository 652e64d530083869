"""Single-use login links: signed, good for 15 minutes, marked in the database when used."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from itsdangerous import BadSignature, URLSafeSerializer

LASTS = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Link:
    """Whom a link signs in, where it leads, and what it is recognised by."""

    operator_id: UUID
    to: str
    nonce: str
    until: datetime


def make(secret_key: str, operator_id: UUID, now: datetime, to: str = "/") -> str:
    """The path of a new link: put it after the public address."""
    content = {
        "o": operator_id.hex,
        "t": to,
        "n": secrets.token_urlsafe(16),
        "u": int((now + LASTS).timestamp()),
    }
    return f"/login/link/{_serializer(secret_key).dumps(content)}"


def read(secret_key: str, text: str, now: datetime) -> Link | None:
    """What a link says; None when we did not make it, or when its time is over."""
    try:
        content = _serializer(secret_key).loads(text)
        until = datetime.fromtimestamp(content["u"], now.tzinfo)
        link = Link(UUID(content["o"]), content["t"], content["n"], until)
    except (BadSignature, KeyError, TypeError, ValueError):
        return None
    return link if now < until else None


def _serializer(secret_key: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret_key, salt="login-link")
