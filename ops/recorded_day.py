"""A recorded day put into the mailboxes of its sites, as if each had kept it while it was cut off.

A line is known by what it says: told again, in this run or another, it changes nothing.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from actors.doorman import recipient_of, reported
from syspark.contract.jsontext import convert, decode_object
from syspark.contract.parse import parse
from syspark.contract.reasons import Rejection, UnreadableError
from syspark.contract.reports import format_replay
from syspark.contract.table import BY_TOPIC, Kind
from syspark.contract.topics import Topic, parse_topic
from syspark.contract.values import read_time
from syspark.domain.messages import encode, kind_of
from syspark.domain.units import DeviceName, SiteId, Speaks
from syspark.rows import InboxRow, Scope

LONGEST_LINE = 100_000


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    """One message as it was recorded: what `mosquitto_sub -F` writes, or any program."""

    topic: Annotated[str, msgspec.Meta(max_length=256)]
    payload: str | int | dict[str, Any]
    time: float | datetime


@dataclass(frozen=True, slots=True)
class Recorded:
    """A line that is understood. `row` None: it says nothing of the past (heartbeats, badge lists, our own words)."""

    number: int
    row: InboxRow | None


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that is not, and why."""

    number: int
    why: str


def read(lines: Iterator[bytes], root: str, scopes: dict[SiteId, Scope], now: datetime) -> Iterator[Recorded | Refused]:
    """Each line that is not empty, read as strictly as if it came from the field. Nothing is raised."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield _read(number, line, root, scopes, now)
        except UnreadableError as error:
            yield Refused(number, f"{error.rejection.reason.explanation} ({error.rejection.detail})")


def _read(number: int, line: bytes, root: str, scopes: dict[SiteId, Scope], now: datetime) -> Recorded | Refused:
    if len(line) > LONGEST_LINE:
        return Refused(number, "the line is too long")
    try:
        form = convert(decode_object(line.decode().strip()), _Line)
    except UnicodeDecodeError:
        return Refused(number, "not UTF-8")
    if isinstance(form.time, datetime) and form.time.tzinfo is None:
        return Refused(number, "its time has no zone: 2026-06-15T12:00:00Z")
    happened_at = form.time.astimezone(UTC) if isinstance(form.time, datetime) else read_time(form.time)
    topic = parse_topic(root, form.topic)
    if isinstance(topic, Rejection):
        return Refused(number, f"{topic.reason.explanation} ({topic.detail})")
    if topic.site not in scopes:
        return Refused(number, f"there is no site {topic.site}")
    if topic.row.kind in {None, Kind.TELEMETRY} or topic.row.secret or topic.row.topic == _REPLAY:
        return Recorded(number, None)
    payload = form.payload if isinstance(form.payload, str) else msgspec.json.encode(form.payload).decode()
    told = format_replay(form.topic, payload.encode(), happened_at)
    outer = Topic(root, topic.site, DeviceName("replay"), BY_TOPIC[_REPLAY], Speaks.V2)
    reading = parse(outer, told, retained=False, secrets=())
    if isinstance(reading, Rejection):
        return Refused(number, f"{reading.reason.explanation} ({reading.detail})")
    message = reported(outer, reading.fact)
    known_by = hashlib.sha256(f"{topic.site}/".encode() + told).digest()
    row = InboxRow(
        id=_id(happened_at, known_by),
        scope=scopes[topic.site],
        recipient=recipient_of(outer, reading),
        kind=kind_of(message),
        body=encode(message),
        fact_at=happened_at,
        received_at=now,
        event_id=reading.event_id or f"day {known_by.hex()[:32]}",
    )
    return Recorded(number, row)


def _id(at: datetime, known_by: bytes) -> UUID:
    """The same id for the same line, in the order of time as all ids of rows are (RFC 9562, version 7)."""
    made = (int(at.timestamp() * 1000) << 80) | int.from_bytes(known_by[:10])
    return UUID(int=made & ~(0xF << 76) & ~(0x3 << 62) | (0x7 << 76) | (0x2 << 62))


_REPLAY = "replay/event"
