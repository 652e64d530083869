"""What one side writes the other reads back with the same values."""

from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from syspark.contract.commands import Command, read_command
from syspark.contract.format import MAX_PAYLOAD_BYTES, format_order
from syspark.contract.parse import Reading, is_own_echo, parse
from syspark.contract.reports import format_replay
from syspark.contract.topics import DEFAULT_SITE, Topic, parse_topic, topic_for
from syspark.contract.values import unix_ms
from syspark.domain import facts, orders
from syspark.domain.units import CommandId, SiteId, Speaks, Uid
from tests.contract.reports import format_fact
from tests.contract.valid_orders import FACTS, IDS, MOMENTS, ORDERS, UIDS

SECRETS = ("s3cret-A", "s3cret-B")
NOW = datetime(2026, 11, 1, 10, tzinfo=UTC)
EXPIRES = NOW + timedelta(seconds=10)


def _topic(text: str) -> Topic:
    topic = parse_topic("parking", text)
    assert isinstance(topic, Topic)
    return topic


@given(ORDERS)
def test_an_order_in_richer_words_is_read_back_whole(order: orders.Order) -> None:
    sent = format_order(
        order,
        Speaks.V2,
        now=NOW,
        secret=SECRETS[1],
        pin="123456",
        command_id=CommandId("c-1"),
        expires_at=EXPIRES,
        epoch=3,
    )
    command = read_command(sent.row, sent.payload, SECRETS)
    assert isinstance(command, Command)
    assert command.order == order
    assert len(sent.payload) <= MAX_PAYLOAD_BYTES
    assert command.expires_at in {None, EXPIRES}
    topic = _topic(topic_for("parking", SiteId("lyon"), sent.row))
    assert is_own_echo(topic, sent.payload) or sent.row.confidential


@given(ORDERS)
def test_an_order_in_v1_words_is_read_back(order: orders.Order) -> None:
    sent = format_order(order, Speaks.V1, now=NOW, secret=SECRETS[0], pin="1234")
    command = read_command(sent.row, sent.payload, SECRETS)
    assert isinstance(command, Command)
    if isinstance(order, orders.ConfirmPayment):
        assert command.order is None
    else:
        assert type(command.order) is type(order)
    assert len(sent.payload) <= MAX_PAYLOAD_BYTES
    assert not sent.retain or sent.row.topic == "meteo"


@given(FACTS, MOMENTS, IDS)
def test_a_fact_in_richer_words_is_parsed_to_the_same_values(fact: facts.Fact, ts: datetime, key: str) -> None:
    sent = format_fact(fact, Speaks.V2, secret=SECRETS[0], ts=ts, src="edge", event_id=key)
    topic = _topic(topic_for("parking", SiteId("lyon"), sent.row))
    reading = parse(topic, sent.payload, retained=False, secrets=SECRETS)
    if isinstance(fact, facts.BridgeReported):
        assert reading == Reading(fact)
    else:
        stamp = fact.beat_at if isinstance(fact, facts.HeartbeatReported) else ts
        assert reading == Reading(fact, stamp, "edge", key)


@given(FACTS.filter(lambda fact: not isinstance(fact, facts.PlateRead | facts.BarrierReported)))
def test_a_fact_in_v1_words_is_parsed_to_a_fact_of_its_type(fact: facts.Fact) -> None:
    sent = format_fact(fact, Speaks.V1, secret=SECRETS[0])
    topic = _topic(topic_for("parking", DEFAULT_SITE, sent.row))
    reading = parse(topic, sent.payload, retained=False, secrets=SECRETS)
    assert isinstance(reading, Reading)
    assert type(reading.fact) is type(fact)


@given(UIDS, st.binary(max_size=3).map(lambda salt: salt.hex()[:2]), st.booleans(), st.booleans())
def test_a_badge_is_identified_however_it_is_written(uid: str, tail: str, spaced: bool, lower: bool) -> None:
    digits = uid + (tail if len(tail) == 2 else "")
    text = " ".join(digits[i : i + 2] for i in range(0, len(digits), 2)) if spaced else digits
    payload = (text.lower() if lower else text).encode() + b"\0" * lower
    assert parse(_topic("parking/barriere"), payload, retained=False, secrets=()) == Reading(
        facts.BadgeRead(uid=Uid(uid))
    )


@given(FACTS, MOMENTS)
def test_a_replayed_fact_is_the_fact_at_its_time(fact: facts.Fact, at: datetime) -> None:
    sent = format_fact(fact, Speaks.V2, secret=SECRETS[0])
    payload = format_replay(f"parking/{sent.row.topic}", sent.payload, at, "r-1")
    reading = parse(_topic("parking/lyon/replay/event"), payload, retained=False, secrets=SECRETS)
    if isinstance(fact, facts.HeartbeatReported):
        assert not isinstance(reading, Reading)
        return
    assert isinstance(reading, Reading)
    assert reading.fact == facts.Replayed(fact=fact, device=sent.row.family, happened_at=at)
    assert (reading.ts, reading.event_id) == (at, "r-1")


@given(MOMENTS)
def test_times_survive_to_the_millisecond(moment: datetime) -> None:
    payload = msgspec.json.encode({"ts": unix_ms(moment)})
    reading = parse(_topic("parking/sync/req"), payload, retained=False, secrets=())
    assert isinstance(reading, Reading)
    assert reading.ts == moment
