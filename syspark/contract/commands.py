"""Commands read back from their bytes, as the equipment of a site understands them: for the simulator and for tests.

The twin of `format`; each generation's exact words and nothing more. Source: contract.md, "Families" (way `down`).
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec

from syspark.contract import wire_down
from syspark.contract.format_equipment import BARRIER_WORDS, CAMERAS, FLOORS, STEPS
from syspark.contract.jsontext import convert, decode_object
from syspark.contract.reasons import Reason, Rejection, UnreadableError
from syspark.contract.secret import check_secret
from syspark.contract.table import Row, Way
from syspark.contract.values import read_time, read_uid
from syspark.domain import orders
from syspark.domain.units import Cents, Lane, SessionId


class Command(msgspec.Struct, frozen=True):
    """What a device was told. `order` is empty when the bytes say no more than their topic (`payment/success`)."""

    order: orders.Order | None
    pin: str | None = None
    command_id: str | None = None
    expires_at: datetime | None = None
    epoch: int | None = None


def read_command(row: Row, payload: bytes, secrets: tuple[str, ...]) -> Command | Rejection:
    """Read a `down` payload of either generation as its device would; never raises."""
    if row.way is not Way.DOWN:
        return Rejection(Reason.UNKNOWN_FAMILY, "not a topic for commands")
    try:
        text = payload.decode()
        if row.json is None or not text.startswith("{"):
            return _from_text(row, text)
        value = decode_object(text)
        if row.secret:
            check_secret(value.get("secret"), secrets)
        return _from_form(convert(value, row.json), row)
    except UnicodeDecodeError:
        return Rejection(Reason.NOT_UTF8, "not UTF-8")
    except UnreadableError as error:
        return error.rejection


def _from_text(row: Row, text: str) -> Command:
    if row.confidential:
        assert row.lane is not None
        return Command(orders.SetPin(lane=row.lane), pin=text)
    reader = _TEXTS.get(row.topic)
    if reader is None:
        raise UnreadableError(Reason.BAD_PAYLOAD, "a JSON object is expected")
    try:
        return Command(reader(text, row.lane))
    except (KeyError, ValueError):
        raise UnreadableError(Reason.BAD_PAYLOAD, "not a word of this device") from None


_CAMERA_NUMBERS: Mapping[str, int] = {name: number for number, name in CAMERAS.items()}


def _barrier_word(text: str, lane: Lane | None) -> orders.Order:
    assert lane is not None
    actions = {word.decode(): action for action, word in BARRIER_WORDS.items()}
    return orders.MoveBarrier(lane=lane, action=actions[text])


def _camera_word(text: str, _lane: Lane | None) -> orders.Order:
    name, _, move = text.partition(":")
    return orders.MoveCamera(camera=_CAMERA_NUMBERS[name], move=orders.CameraMove(move))


_TEXTS: Mapping[str, Callable[[str, Lane | None], orders.Order | None]] = {
    "barriere/cmd": _barrier_word,
    "barriere_entree/cmd": _barrier_word,
    "display/text": lambda text, _lane: orders.ShowText(text=text),
    "payment/success": lambda _text, _lane: None,
    "camera/cmd": _camera_word,
    "ascenseur/cmd": lambda text, _lane: orders.SendElevator(floor=FLOORS.index(text)),
    "ascenseur/get": lambda _text, _lane: orders.AskElevator(),
    "radio/tx/cmd": lambda text, _lane: orders.SendRadio(text=text),
    "radio/tx/params": lambda text, _lane: orders.TuneRadio(text=text),
}


def _from_form(form: msgspec.Struct, row: Row) -> Command:
    order = _ORDERS[type(form)](form, row)
    if not hasattr(form, "command_id"):
        return Command(order)
    stamps: Any = form
    expires_at = None if stamps.expires_ts is None else read_time(stamps.expires_ts)
    return Command(order, None, stamps.command_id, expires_at, stamps.epoch)


def _barrier(form: wire_down.BarrierCommand, row: Row) -> orders.Order:
    assert row.lane is not None
    return orders.MoveBarrier(lane=row.lane, action=orders.BarrierAction(form.cmd))


def _radio(form: wire_down.RadioText, row: Row) -> orders.Order:
    return orders.SendRadio(text=form.text) if row.channel == "tx/cmd" else orders.TuneRadio(text=form.text)


def _camera(form: wire_down.CameraCommand, _row: Row) -> orders.Order:
    move = next((move for move, step in STEPS.items() if step == (form.pan, form.tilt)), None)
    if move is None:
        raise UnreadableError(Reason.BAD_PAYLOAD, "not a step of this camera")
    return orders.MoveCamera(camera=_CAMERA_NUMBERS[form.cam], move=move)


def _payment(form: wire_down.PaymentRequest, _row: Row) -> orders.Order:
    if form.price == "STOP":
        return orders.RefuseEntry(cause=form.cause, masked_plate=form.plate)
    if form.session_id is None or form.amount is None or form.currency is None:
        raise UnreadableError(Reason.BAD_PAYLOAD, "a payment request names its session, amount and currency")
    return orders.RequestPayment(
        session_id=SessionId(form.session_id),
        masked_plate=form.plate,
        amount=Cents(form.amount),
        currency=form.currency,
        cause=form.cause,
        label=form.label or "",
        duration_s=form.duration_s,
    )


def _success(form: wire_down.PaymentSuccess, _row: Row) -> orders.Order:
    return orders.ConfirmPayment(
        session_id=SessionId(form.session_id),
        provider_ref=form.provider_ref,
        amount=Cents(form.amount),
        currency=form.currency,
    )


def _acl_change(form: wire_down.AclChange, row: Row) -> orders.Order:
    wanted: Literal["ADD", "DEL"] = "ADD" if row.channel == "add" else "DEL"
    if form.op != wanted:
        raise UnreadableError(Reason.BAD_PAYLOAD, "op contradicts the topic")
    change = orders.AddBadge if form.op == "ADD" else orders.RemoveBadge
    return change(uid=read_uid(form.uid), version=form.version)


def _weather(form: wire_down.WeatherShown, _row: Row) -> orders.Order:
    fields = msgspec.structs.asdict(form)
    return orders.ShowWeather(**{name: value for name, value in fields.items() if name not in {"ts", "src"}})


_ORDERS: Mapping[type[msgspec.Struct], Callable[[Any, Row], orders.Order]] = {
    wire_down.BarrierCommand: _barrier,
    wire_down.DisplayText: lambda form, _row: orders.ShowText(
        text=form.text, lane=form.lane, ttl_s=form.ttl_s, priority=form.prio
    ),
    wire_down.PaymentRequest: _payment,
    wire_down.PaymentSuccess: _success,
    wire_down.AclChange: _acl_change,
    wire_down.AclFull: lambda form, _row: orders.ReplaceBadges(
        uids=tuple(read_uid(entry.uid) for entry in form.entries), version=form.version
    ),
    wire_down.AclEnrol: lambda form, _row: orders.StartEnrolment(ttl_s=form.ttl_s),
    wire_down.AclQuestion: lambda _form, _row: orders.ListBadges(),
    wire_down.CameraCommand: _camera,
    wire_down.ElevatorCommand: lambda form, _row: orders.SendElevator(floor=form.floor),
    wire_down.ElevatorQuestion: lambda _form, _row: orders.AskElevator(),
    wire_down.RadioText: _radio,
    wire_down.WeatherShown: _weather,
}
