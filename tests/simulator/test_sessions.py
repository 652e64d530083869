"""Sessions read back from a real database, and cars of an earlier run found in it."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import msgspec
import psycopg
import pytest

from ops.simulator.layout import Badges
from ops.simulator.sessions import Opening, read_opened, read_sessions, still_parked
from ops.simulator.simulation import Parked
from syspark.domain.orders import Because, MoveBarrier
from syspark.domain.units import Lane, SessionId

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
ROW = """
INSERT INTO parking_session (
    id, organisation_id, site_id, partition, version, status, holder_key, opened_at, closed_at, body)
SELECT %(id)s, organisation_id, site_id, 0, 1, %(status)s, %(uid)s, %(opened_at)s, %(closed_at)s, %(body)s FROM site
"""
WITNESS = """
INSERT INTO witness (session_id, organisation_id, site_id, kind, holder_key, lane, read_at, cause)
SELECT %(id)s, organisation_id, site_id, 'badge', %(uid)s, 'entry', %(opened_at)s, %(id)s FROM site
"""

COMMAND = """
INSERT INTO outbox (
    id, organisation_id, site_id, partition, order_kind, body, device, author, fate, fate_at, created_at, fact_at,
    epoch)
SELECT %(id)s, organisation_id, site_id, 0, 'barrier', %(body)s, 'barriere', 'rule', %(fate)s, %(created_at)s,
    %(created_at)s, %(fact_at)s, 1
FROM site
"""


@pytest.fixture
def url(database_url: str) -> str:
    """A database with three sessions: inside, left just now, left long ago."""
    with psycopg.connect(database_url) as connection:
        for uid, closed_at in (("A1B2C3D4", None), ("01020304", NOON), ("05060708", NOON - timedelta(days=1))):
            opened_at = (closed_at or NOON) - timedelta(hours=1)
            body = {"uid": uid, "opened_at": opened_at, "review": ["exit_missed"] if closed_at == NOON else []}
            if closed_at is not None:
                body |= {"left_at": closed_at - timedelta(seconds=3), "closed_as": "right"}
            words = {
                "id": uuid4(),
                "status": "closed" if closed_at else "active",
                "uid": uid,
                "opened_at": opened_at,
                "closed_at": closed_at,
                "body": msgspec.json.encode(body),
            }
            connection.execute(ROW, words)
            connection.execute(WITNESS, words)
    return database_url


def test_sessions_of_the_period_are_read_with_what_the_service_believes(url: str) -> None:
    badges = ["01020304", "05060708", "A1B2C3D4", "FFFFFFFF"]
    found = read_sessions(url, badges, (NOON - timedelta(minutes=5)).timestamp())
    left, inside = sorted(found, key=lambda one: one.keys)
    assert (left.keys, left.is_open, left.review, left.closed_as) == (("01020304",), False, ("exit_missed",), "right")
    assert left.left_s == NOON.timestamp() - 3
    assert (inside.keys, inside.is_open, inside.entered_s) == (("A1B2C3D4",), True, NOON.timestamp() - 3600)


def test_cars_of_an_earlier_run_are_found_by_their_badges(url: str) -> None:
    badges = {"default": Badges(subscribers=["A1B2C3D4", "01020304"])}
    assert still_parked(url, badges, NOON) == [Parked("default", "A1B2C3D4", NOON.timestamp() - 3600)]
    assert still_parked(url, {"default": Badges(subscribers=["01020304"])}, NOON) == []


def test_who_came_by_pin_is_found_too_though_nobody_knows_whose_car_it_is(url: str) -> None:
    words = {"id": uuid4(), "status": "active", "uid": "pin", "closed_at": None, "body": b"", "opened_at": NOON}
    words["body"] = msgspec.json.encode({"opened_at": NOON, "review": []})
    with psycopg.connect(url) as connection:
        connection.execute(ROW, words)
        connection.execute(WITNESS.replace("'badge'", "'pin'"), words)
    [parked] = still_parked(url, {"default": Badges(subscribers=["01020304"])}, NOON)
    assert (parked.by_pin, parked.since_s, parked.uid[0]) == (True, NOON.timestamp(), "0")


def test_openings_are_read_that_a_barrier_was_told_of(url: str) -> None:
    right = MoveBarrier(lane=Lane.EXIT, session_id=SessionId("s-1"), read_at=NOON, because=Because.RIGHT)
    let_out = MoveBarrier(lane=Lane.EXIT, read_at=NOON, because=Because.OVERRIDE)
    with psycopg.connect(url) as connection:
        for fate, order, later_s in (("acked", right, 9), ("withheld", right, 9), ("acked", let_out, 10)):
            words = {"id": uuid4(), "fate": fate, "fact_at": NOON, "created_at": NOON + timedelta(seconds=later_s)}
            connection.execute(COMMAND, {**words, "body": msgspec.json.encode(order)})
    noon_s = NOON.timestamp()
    assert read_opened(url, noon_s) == [
        Opening("default", "barriere", noon_s, noon_s + 9),
        Opening("default", "barriere", noon_s, noon_s + 10, lets_out=True),
    ]
