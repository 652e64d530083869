"""Orders put into the bytes each generation understands.

Secrets, PINs and what leads a driver to the portal are joined here and nowhere earlier.

Source: contract.md, "Families" (way `down`) and "Facts about the field equipment". To a v1 device only v1 payloads go,
except `payment/req`, whose one JSON serves both.
"""

from datetime import datetime

import msgspec

from syspark.contract import wire_down
from syspark.contract.format_badges import fitting, format_badges
from syspark.contract.format_equipment import format_barrier, format_camera, format_elevator, format_elevator_question
from syspark.contract.format_screens import (
    PayHere,
    format_payment,
    format_refusal,
    format_success,
    format_text,
    format_weather,
)
from syspark.contract.stamps import Stamps
from syspark.contract.table import Row, row_for
from syspark.contract.values import unix_ms
from syspark.contract.words import UnformattableError
from syspark.domain import orders
from syspark.domain.units import CommandId, Speaks

MAX_PAYLOAD_BYTES = 1000
"""What a controller's receive buffer of 1,024 bytes leaves for the payload."""

_PIN_LENGTHS = range(4, 9)


class Outgoing(msgspec.Struct, frozen=True):
    """A message ready for the broker; its topic is `topics.topic_for(root, site, row, device)`."""

    row: Row
    payload: bytes

    @property
    def qos(self) -> int:
        """The QoS to publish with."""
        return self.row.qos

    @property
    def retain(self) -> bool:
        """The retain flag to publish with; never set for barriers and PINs."""
        return self.row.published_retained


def format_order(  # noqa: PLR0913 - what a command is made of, each by name
    order: orders.Order,
    speaks: Speaks,
    *,
    now: datetime,
    secret: str | None = None,
    pin: str | None = None,
    here: PayHere | None = None,
    command_id: CommandId | None = None,
    expires_at: datetime | None = None,
    epoch: int | None = None,
) -> Outgoing:
    """Write an order for a device; times are aware.

    Raises `UnformattableError` (permanent) when it cannot be said in the device's words, does not fit 1,000 bytes, or
    lacks its secret or PIN.
    """
    row = row_for(order)
    stamps = Stamps(
        ts=unix_ms(now),
        src=wire_down.CLOUD,
        command_id=command_id,
        expires_ts=None if expires_at is None else unix_ms(expires_at),
        epoch=epoch,
    )
    payload = _payload(order, speaks, stamps, secret, pin, here)
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise UnformattableError(f"{row.topic}: {len(payload)} bytes do not fit a controller's {MAX_PAYLOAD_BYTES}")
    return Outgoing(row, payload)


def is_pin(text: str) -> bool:
    """Whether a text is a PIN as controllers take it: 4 to 8 digits."""
    return len(text) in _PIN_LENGTHS and text.isascii() and text.isdigit()


def badges_that_fit(speaks: Speaks, secret: str) -> int:
    """How many badges one `acl/full` may hold."""
    return fitting(speaks, secret, MAX_PAYLOAD_BYTES)


def _payload(
    order: orders.Order, speaks: Speaks, stamps: Stamps, secret: str | None, pin: str | None, here: PayHere | None
) -> bytes:
    match order:
        case orders.MoveBarrier() | orders.MoveCamera() | orders.SendElevator() | orders.AskElevator():
            return _equipment(order, speaks, stamps)
        case orders.SetPin():
            return _pin(pin)
        case (
            orders.AddBadge()
            | orders.RemoveBadge()
            | orders.ReplaceBadges()
            | orders.StartEnrolment()
            | orders.ListBadges()
        ):
            return format_badges(order, speaks, secret)
        case _:
            return _screen(order, speaks, stamps, here)


def _equipment(
    order: orders.MoveBarrier | orders.MoveCamera | orders.SendElevator | orders.AskElevator,
    speaks: Speaks,
    stamps: Stamps,
) -> bytes:
    match order:
        case orders.MoveBarrier():
            return format_barrier(order, speaks, stamps)
        case orders.MoveCamera():
            return format_camera(order, speaks, stamps)
        case orders.SendElevator():
            return format_elevator(order, speaks, stamps)
        case orders.AskElevator():
            return format_elevator_question(speaks, stamps)


def _screen(
    order: orders.ShowText
    | orders.ShowWeather
    | orders.SendRadio
    | orders.TuneRadio
    | orders.RequestPayment
    | orders.RefuseEntry
    | orders.ConfirmPayment,
    speaks: Speaks,
    stamps: Stamps,
    here: PayHere | None,
) -> bytes:
    match order:
        case orders.ShowText() | orders.SendRadio() | orders.TuneRadio():
            return format_text(order, speaks, stamps)
        case orders.ShowWeather():
            return format_weather(order, speaks, stamps)
        case orders.RequestPayment():
            return format_payment(order, stamps, here)
        case orders.RefuseEntry():
            return format_refusal(order, stamps)
        case orders.ConfirmPayment():
            return format_success(order, speaks, stamps)


def _pin(pin: str | None) -> bytes:
    """A PIN goes as its digits to both generations."""
    if pin is None or not is_pin(pin):
        raise UnformattableError("a PIN of 4 to 8 digits is needed")
    return pin.encode()
