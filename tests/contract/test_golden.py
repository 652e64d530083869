"""Every family, both generations, both ways, byte for byte as contract.md has them."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from syspark.contract.commands import Command, read_command
from syspark.contract.format import format_order
from syspark.contract.parse import Reading, parse
from syspark.contract.reasons import DECIDED_BY_CALLER, Reason, Rejection
from syspark.contract.table import ROWS, Way
from syspark.contract.topics import DEFAULT_SITE, Topic, parse_topic, topic_for
from syspark.domain import facts, orders
from syspark.domain.units import CommandId, SiteId, Speaks
from tests.contract.golden_files import as_bytes, as_topic, golden

SECRETS = ("s3cret-A", "s3cret-B")
NOW = datetime(2026, 11, 1, 10, tzinfo=UTC)


def _answer(topic_text: str, payload: bytes) -> Reading | Rejection:
    topic = parse_topic("parking", topic_text)
    return topic if isinstance(topic, Rejection) else parse(topic, payload, retained=False, secrets=SECRETS)


@pytest.mark.parametrize(("topic", "payload", "fact"), golden("up.txt"))
def test_what_sites_send_is_understood(topic: str, payload: str, fact: str) -> None:
    answer = _answer(topic, as_bytes(payload))
    assert isinstance(answer, Reading), answer
    assert answer.fact == msgspec.json.decode(fact, type=facts.Told)


@pytest.mark.parametrize(("topic", "payload", "reason"), golden("rejected.txt"))
def test_bad_input_is_refused_with_its_reason(topic: str, payload: str, reason: str) -> None:
    answer = _answer(as_topic(topic), as_bytes(payload))
    assert isinstance(answer, Rejection)
    assert answer.reason == reason


@pytest.mark.parametrize(("order_text", "speaks", "topic", "flags", "payload"), golden("down.txt"))
def test_orders_become_exactly_these_bytes(order_text: str, speaks: str, topic: str, flags: str, payload: str) -> None:
    order = msgspec.json.decode(order_text, type=orders.Order)
    sent = format_order(
        order,
        Speaks(speaks),
        now=NOW,
        secret="s3cret-A",
        pin="4711",
        command_id=CommandId("c-1"),
        expires_at=NOW + timedelta(seconds=10),
        epoch=7,
    )
    site = DEFAULT_SITE if speaks == "v1" else SiteId("lyon")
    assert sent.payload.decode() == payload
    assert topic_for("parking", site, sent.row) == topic
    assert f"{sent.qos} {'yes' if sent.retain else 'no'}" == flags
    assert isinstance(read_command(sent.row, sent.payload, SECRETS), Command)


def test_every_family_has_golden_lines() -> None:
    lines = [line[0] for line in golden("up.txt")] + [line[2] for line in golden("down.txt")]
    seen = {topic.row for line in lines if isinstance(topic := parse_topic("parking", line), Topic)}
    assert {row.topic for row in ROWS if row not in seen} == {"cloud/marker"}


def test_every_order_has_golden_lines() -> None:
    seen = {type(msgspec.json.decode(line[0], type=orders.Order)) for line in golden("down.txt")}
    assert seen == {order for row in ROWS if row.way is Way.DOWN for order in row.carries}


def test_every_reason_is_produced() -> None:
    large = _answer("parking/barriere", b"A" * 65_537)
    topic = parse_topic("parking", "parking/barriere")
    assert isinstance(topic, Topic)
    retained = parse(topic, b"A1B2C3D4", retained=True, secrets=SECRETS)
    found = {line[2] for line in golden("rejected.txt")}
    found |= {answer.reason for answer in (large, retained) if isinstance(answer, Rejection)}
    assert {Reason(reason) for reason in found} | DECIDED_BY_CALLER == set(Reason)


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_explained_in_one_sentence(reason: Reason) -> None:
    assert reason.explanation.endswith(".")
    assert len(reason.explanation) < 120
