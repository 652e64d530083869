"""Texts, payments and weather in the boards' words.

Source: contract.md, "Families" and "Facts about the field equipment".
"""

import msgspec

from syspark.contract import wire_down
from syspark.contract.stamps import Stamps
from syspark.contract.values import clean_text
from syspark.contract.words import (
    CAUSE_CHARS,
    PLATE_CHARS,
    UnformattableError,
    board_text,
    price_text,
)
from syspark.domain import orders
from syspark.domain.units import Speaks

LABEL_CHARS = 120
_LONGEST_TEXT = 1000


def format_text(order: orders.ShowText | orders.SendRadio | orders.TuneRadio, speaks: Speaks, stamps: Stamps) -> bytes:
    """Write a display text, always in capitals, or a radio text as it is.

    v1 boards get plain ASCII; a v2 display gets its accents. Raises `UnformattableError` when nothing is left.
    """
    text = order.text
    if isinstance(order, orders.ShowText):
        text = (board_text(text) if speaks is Speaks.V1 else clean_text(text, _LONGEST_TEXT)).upper()
    if not text:
        raise UnformattableError("an empty text")
    if speaks is Speaks.V1:
        return text.encode()
    if isinstance(order, orders.ShowText):
        shown = wire_down.DisplayText(**stamps, text=text, lane=order.lane, ttl_s=order.ttl_s, prio=order.priority)
        return msgspec.json.encode(shown)
    return msgspec.json.encode(wire_down.RadioText(**stamps, text=text))


class PayHere(msgspec.Struct, frozen=True):
    """Where the driver pays, for a display to draw as a QR code, and the code by which they prove where they stand."""

    address: str
    code: str


def format_payment(order: orders.RequestPayment, stamps: Stamps, here: PayHere | None) -> bytes:
    """Write the one payment request for both generations; raises `UnformattableError` when the price does not fit.

    Every board shows the cause, and with it the code; the label is where the driver pays.
    """
    code = f" - CODE {here.code}" if here is not None else ""
    address = here.address if here is not None and len(here.address) <= LABEL_CHARS else ""
    return msgspec.json.encode(
        wire_down.PaymentRequest(
            plate=board_text(order.masked_plate, PLATE_CHARS),
            price=price_text(order.amount),
            cause=board_text(order.cause, CAUSE_CHARS - len(code)) + code,
            ts=stamps["ts"],
            src=stamps["src"],
            session_id=order.session_id,
            amount=order.amount,
            currency=order.currency,
            label=clean_text(order.label or address, LABEL_CHARS) or None,
            duration_s=order.duration_s,
        )
    )


def format_refusal(order: orders.RefuseEntry, stamps: Stamps) -> bytes:
    """Write the refusal at the entry: the price `STOP`."""
    return msgspec.json.encode(
        wire_down.PaymentRequest(
            plate=board_text(order.masked_plate, PLATE_CHARS),
            price="STOP",
            cause=board_text(order.cause, CAUSE_CHARS),
            ts=stamps["ts"],
            src=stamps["src"],
        )
    )


def format_success(order: orders.ConfirmPayment, speaks: Speaks, stamps: Stamps) -> bytes:
    """Write the confirmation; v1 firmware ignores the text and gets `1`."""
    if speaks is Speaks.V1:
        return b"1"
    return msgspec.json.encode(
        wire_down.PaymentSuccess(
            **stamps,
            session_id=order.session_id,
            provider_ref=order.provider_ref,
            amount=order.amount,
            currency=order.currency,
        )
    )


def format_weather(order: orders.ShowWeather, speaks: Speaks, stamps: Stamps) -> bytes:
    """Write the weather: the ten fields of v1, and for v2 when and by whom."""
    shown = wire_down.WeatherShown(**msgspec.structs.asdict(order))
    if speaks is Speaks.V2:
        shown = msgspec.structs.replace(shown, ts=stamps["ts"], src=stamps["src"])
    return msgspec.json.encode(shown)
