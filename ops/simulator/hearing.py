"""What the equipment understands of the cloud's commands: read by hand, never by the product's parser.

Firmware ignores what it does not know, hence nothing here raises. Source: contract.md, "Families" (way `down`).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

LARGEST_BYTES = 1000
"""What fits a controller's receive buffer beside the header."""

FLOORS: Mapping[bytes, int] = MappingProxyType({b"RDC": 0, b"ETAGE1": 1, b"ETAGE2": 2})


@dataclass(frozen=True, slots=True)
class BarrierCommand:
    """Move a barrier. V1 has neither id nor expiry."""

    move: Literal["open", "close"]
    command_id: str | None = None
    expires_s: float | None = None


@dataclass(frozen=True, slots=True)
class PaymentAsked:
    """What the exit board shows; the price `STOP` refuses an entry."""

    plate: str
    price: str
    cause: str
    session_id: str | None


@dataclass(frozen=True, slots=True)
class AclChange:
    """A change of a controller's list, or a question about it."""

    op: Literal["ADD", "DEL", "FULL", "ENROLL", "LIST_REQ"]
    uids: tuple[str, ...] = ()


def read_barrier(payload: bytes, *, v2: bool) -> BarrierCommand | None:
    """`100` and `000`; newer barriers understand JSON too."""
    if payload in {b"100", b"000"}:
        return BarrierCommand("open" if payload == b"100" else "close")
    form = _form(payload) if v2 else None
    if form is None or form.get("cmd") not in {"open", "close"}:
        return None
    expires_ms = form.get("expires_ts")
    expires_s = expires_ms / 1000 if isinstance(expires_ms, int) else None
    return BarrierCommand(form["cmd"], _text(form.get("command_id")), expires_s)


def read_display(payload: bytes, *, v2: bool) -> str | None:
    """The text to show."""
    form = _form(payload) if v2 else None
    if form is not None:
        return _text(form.get("text"))
    try:
        return payload.decode()
    except UnicodeDecodeError:
        return None


def read_payment(payload: bytes) -> PaymentAsked | None:
    """A payment request; texts are cut to the firmware's fields."""
    form = _form(payload)
    if form is None or not isinstance(form.get("price"), str):
        return None
    return PaymentAsked(
        plate=str(form.get("plate", ""))[:15],
        price=form["price"][:9],
        cause=str(form.get("cause", ""))[:63],
        session_id=_text(form.get("session_id")),
    )


def read_acl(payload: bytes, secret: str) -> AclChange | None:
    """A change that carries the site's secret; without it a controller does nothing."""
    form = _form(payload)
    if form is None or form.get("secret") != secret:
        return None
    match form.get("op"):
        case "ADD" | "DEL" as op:
            uid = _text(form.get("uid"))
            return AclChange(op, (uid,)) if uid else None
        case "FULL":
            entries = form.get("entries")
            uids = [entry.get("uid") for entry in entries if isinstance(entry, dict)] if entries else []
            return AclChange("FULL", tuple(uid for uid in uids if isinstance(uid, str)))
        case "ENROLL" | "LIST_REQ" as op:
            return AclChange(op)
        case _:
            return None


def read_floor(payload: bytes) -> int | None:
    """The floor an elevator is sent to, where it knows it."""
    form = _form(payload)
    floor = form.get("floor") if form is not None else FLOORS.get(payload)
    return floor if floor in FLOORS.values() else None


def _form(payload: bytes) -> dict[str, Any] | None:
    try:
        form = json.loads(payload)
    except ValueError:
        return None
    return form if isinstance(form, dict) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
