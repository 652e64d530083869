"""What leads a driver to a session, and what they know of it: signed links, and the code on the exit's display.

A link says how much its bearer may see. From a plate alone: the amount, and nothing else. With a proof (the exit code,
the time of arrival, the display's QR code): the stay too. What only the provider's page leads back to, once it has the
money for an offer: its receipt. Two tabs are offered one price, and only one of them pays. No plate is in a link, and
nothing is stored for one: SYSPARK_SECRET_KEY signs them. Source: domain.md, "Exit and payment"; quality.md, "Security".
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from uuid import UUID

from itsdangerous import BadSignature, Signer

from syspark.contract.format_screens import PayHere
from syspark.domain.units import SessionId

LONGEST = 128
_UNPROVEN, _PROVEN, _PAYER = b"\0", b"\1", b"\2"


@dataclass(frozen=True, slots=True)
class PortalLink:
    """A session as the bearer of a link may see it.

    `proven`: they have shown that it is their vehicle. `offer_id`: what they were offered. `payer`: they come from the
    page where it is paid, which tells the address to nobody else.
    """

    session_id: SessionId
    proven: bool = False
    offer_id: str | None = None
    payer: bool = False


def path_of(secret_key: str, link: PortalLink) -> str:
    """The path of a link: put it after the public address. Raises ValueError when an id is no UUID."""
    ids = (link.session_id,) if link.offer_id is None else (link.session_id, link.offer_id)
    level = _PROVEN if link.proven else _PAYER if link.payer else _UNPROVEN
    content = level + b"".join(UUID(one).bytes for one in ids)
    signed: bytes = _signer(secret_key).sign(base64.urlsafe_b64encode(content).rstrip(b"="))
    return f"/pay/s/{signed.decode()}"


def read(secret_key: str, token: str) -> PortalLink | None:
    """What the last part of a link's path says; None when we did not make it."""
    if len(token) > LONGEST or not token.isascii():
        return None
    try:
        text: bytes = _signer(secret_key).unsign(token.encode())
        content = base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    except (BadSignature, binascii.Error):
        return None
    ids = [str(UUID(bytes=content[start : start + 16])) for start in range(1, len(content), 16)]
    level, offer_id = content[:1], ids[1] if len(ids) > 1 else None
    return PortalLink(SessionId(ids[0]), level == _PROVEN, offer_id, level == _PAYER)


def exit_code(secret_key: str, session_id: SessionId) -> str:
    """The four digits the exit shows to the vehicle of a session that has to pay: who knows them stands there."""
    made = hmac.digest(secret_key.encode(), b"exit-code " + session_id.encode(), hashlib.sha256)
    return f"{int.from_bytes(made[:8], 'big') % 10_000:04}"


def pay_here(secret_key: str, public_url: str, session_id: SessionId) -> PayHere:
    """What the exit's display tells the driver of a session; without a public address the code alone.

    Who sees the display stands at the exit: the address is as good a proof as the code beside it.
    """
    path = path_of(secret_key, PortalLink(session_id, proven=True))
    return PayHere(f"{public_url}{path}" if public_url else "", exit_code(secret_key, session_id))


def _signer(secret_key: str) -> Signer:
    return Signer(secret_key, salt="portal-link")
