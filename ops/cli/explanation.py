"""A message's meaning, told step by step as the service itself would go: topic, payload, decision, commands."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from actors.doorman import recipient_of, reported
from actors.sites import setup_of
from syspark.clock import SystemClock
from syspark.contract.format import format_order
from syspark.contract.marker import parse_marker
from syspark.contract.parse import Reading, parse
from syspark.contract.reasons import Reason, Rejection
from syspark.contract.redact import redact
from syspark.contract.table import MARKER, Kind, Row
from syspark.contract.topics import Topic, parse_topic, topic_for
from syspark.contract.words import UnformattableError
from syspark.domain import controller, device
from syspark.domain.access import Credential, Plan, Right
from syspark.domain.controller.book import Book
from syspark.domain.controller.state import ControllerState
from syspark.domain.decision import (
    Command,
    Decision,
    HandOver,
    Moment,
    ToAlarms,
    ToController,
    ToDevice,
    ToSession,
    ToSite,
)
from syspark.domain.facts import BadgeRead, PinAccepted, PlateRead, Replayed, Told
from syspark.domain.messages import kind_of
from syspark.domain.site import decide
from syspark.domain.site.state import Known, SiteState
from syspark.domain.units import HolderKey
from syspark.ids import IdSource
from syspark.persistence.defaults import default_site


@dataclass(frozen=True, slots=True)
class Explanation:
    """What to show, and whether the message would be accepted."""

    accepted: bool
    lines: tuple[str, ...]


def explain(
    root: str, topic: str, payload: bytes, *, retained: bool, secrets: tuple[str, ...], plan: Plan | None
) -> Explanation:
    """Tell what the service would do with a message, the site being fresh and of the default policy."""
    read = parse_topic(root, topic)
    if isinstance(read, Rejection):
        return Explanation(
            accepted=False, lines=(f"topic     {redact(topic.encode(errors='replace'), ())}", *_no(read))
        )
    head = (
        f"topic     {topic}",
        *_of_topic(read),
        f"payload   {len(payload)} bytes: {_shown(payload, secrets, read.row)}",
    )
    if read.row is MARKER:
        known = parse_marker(payload) is not None
        said = (
            "own       the link's own marker; a foreign one is dropped" if known else "own       not a marker: dropped"
        )
        return Explanation(accepted=known, lines=(*head, said))
    reading = parse(read, payload, retained=retained, secrets=secrets)
    if isinstance(reading, Rejection):
        hint = _hint(reading, secrets)
        return Explanation(accepted=False, lines=(*head, *_no(reading), *hint))
    return Explanation(accepted=True, lines=(*head, *_of_reading(reading), *_meaning(root, read, reading, plan)))


def _of_topic(topic: Topic) -> tuple[str, ...]:
    row = topic.row
    kind = f", a {row.kind}" if row.kind else ""
    lane = f", lane {row.lane}" if row.lane else ""
    return (
        f"site      {topic.site}, device {topic.device} ({topic.generation} topic)",
        f"family    {row.topic}: way {row.way}, QoS {row.qos}, retained {row.retain}{kind}{lane}",
    )


def _of_reading(reading: Reading) -> list[str]:
    lines = [f"fact      {_fact(reading.fact)}"]
    if reading.ts is not None:
        lines.append(f"          its publisher's clock said {reading.ts:%Y-%m-%d %H:%M:%S} UTC")
    if reading.event_id is not None:
        lines.append(f"          a second message with its event_id {reading.event_id!r} would be a duplicate")
    return lines


def _fact(fact: Told) -> str:
    fields = msgspec.to_builtins(fact)
    name = fields.pop("type")
    return f"{name} {msgspec.json.encode(fields).decode()}"


def _no(rejection: Rejection) -> tuple[str, ...]:
    detail = f" ({rejection.detail})" if rejection.detail else ""
    return (
        f"rejected  {rejection.reason}: {rejection.reason.explanation}{detail}",
        "          it is acknowledged, counted and kept for `syspark rejected`, and changes nothing else",
    )


def _hint(rejection: Rejection, secrets: tuple[str, ...]) -> tuple[str, ...]:
    if rejection.reason is Reason.BAD_SECRET and not secrets:
        return ("          no MQTT_SECRET is set here, so that none could be right",)
    return ()


def _meaning(root: str, topic: Topic, reading: Reading, plan: Plan | None) -> list[str]:
    if topic.row.kind is Kind.TELEMETRY:
        return ["decision  none: a sign of life, kept as when the device was last heard"]
    fact = reading.fact
    setup = setup_of(default_site(UUID(int=0), 0))
    now = datetime.now(UTC)
    fact_at = fact.happened_at if isinstance(fact, Replayed) else now
    at = Moment(now=now, fact_at=fact_at, cause=IdSource(SystemClock()).new())
    told = reported(topic, fact)
    decider = recipient_of(topic, reading)
    decision: Decision[Any]
    if decider.kind == "site":
        decision = decide(SiteState(), told, Known(right=_right(fact, plan)), setup, at)
        lines = [f"decision  {decision.rule}, by the site: a fresh one, default policy{_supposed(fact, plan)}"]
    elif decider.kind == "controller":
        decision = controller.decide(ControllerState(), told, Book().outlook(now, fits=0), (), at)
        lines = [f"decision  {decision.rule}, by the sync of the site's controllers"]
    else:
        decision = device.decide(device.Twin(), told, setup.lane_of(topic.device), at)
        lines = [f"decision  {decision.rule}, by the twin of {topic.device}"]
    if decision.given:
        lines.append(f"          because {', '.join(f'{name} {value}' for name, value in decision.given.items())}")
    lines += [f"event     {msgspec.json.encode(event).decode()}" for event in decision.events]
    lines += [line for command in decision.commands for line in _command(root, topic, command, at)]
    lines += [f"hand-over {kind_of(one.message)}, to the {_whom(one)}" for one in decision.handovers]
    lines += [f"timer     {timer.key} at {timer.at:%H:%M:%S} UTC" for timer in decision.timers if timer.at]
    if topic.row.kind is Kind.LEVEL:
        lines.append("          the same value again would change nothing but when the device was last heard")
    return lines


def _whom(handover: HandOver) -> str:
    match handover:
        case ToSite():
            return "site"
        case ToSession(session_id=session_id):
            return f"session {session_id}"
        case ToDevice(device=name):
            return f"twin of {name}"
        case ToController():
            return "sync of its controllers"
        case ToAlarms():
            return "site's alarms"


def _right(fact: Told, plan: Plan | None) -> Right | None:
    if plan is None or not isinstance(fact, BadgeRead):
        return None
    return Right(credential=Credential(uid=HolderKey(fact.uid), holder="supposed", plan=plan))


def _supposed(fact: Told, plan: Plan | None) -> str:
    match fact:
        case BadgeRead():
            return f", the badge known as {plan}" if plan else ", no badge known (suppose one with --plan subscriber)"
        case PlateRead():
            return ", no vehicle inside, the plate never seen before"
        case PinAccepted():
            return ", no vehicle inside"
        case _:
            return ""


def _command(root: str, topic: Topic, command: Command, at: Moment) -> list[str]:
    try:
        outgoing = format_order(command.order, topic.generation, now=at.now, command_id=command.id)
        name = topic_for(root, topic.site, outgoing.row)
        shown = outgoing.payload.decode(errors="backslashreplace")
    except UnformattableError as error:
        return [f"command   {type(command.order).__name__} could not be sent: {error}"]
    until = (
        f", unless it is over {(command.expires_at - at.fact_at).total_seconds():.0f} s old"
        if command.expires_at
        else ""
    )
    held = "withheld, the fact is too old: " if command.withheld else ""
    return [f"command   {held}{name} {shown}{until}"]


def _shown(payload: bytes, secrets: tuple[str, ...], row: Row) -> str:
    return redact(payload[:200], secrets, row)
