"""`syspark replay`: a recorded day becomes sessions at its times; told twice it leaves the same tables."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from actors.testing import CarPark
from ops.recorded_day import Recorded, read
from ops.requests import Requests
from ops.simulator.badges import made_badges
from ops.simulator.enrolment import enrol
from ops.simulator.layout import Badges, SiteLayout
from ops.simulator.virtual import credential_rows, site_row
from syspark.domain.payment.messages import RecordOnSite
from syspark.domain.payment.payment import Means
from syspark.domain.units import Cents, SiteId
from syspark.persistence.admin import Administration
from syspark.persistence.postgres.stores import PostgresStores
from syspark.rows import Address, Scope
from syspark.settings import Settings
from tests.ops.recorded import kept, levels, line, shuffled
from tests.ops.service import Service
from tests.servers.waiting import wait_until

pytestmark = pytest.mark.timeout(90)

ALL_TABLES = """
    SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
    AND NOT relispartition ORDER BY relname
"""
LEASES = {"partition", "worker"}
"""Who is at work and until when: the worker writes there all the time."""


def contents(service: Service) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, as it is; of what is written all the time nothing."""
    names = [name for (name,) in service.query(ALL_TABLES) if name not in LEASES]
    assert {"parking_session", "journal", "inbox", "outbox", "witness", "subject", "alarm", "payment"} <= set(names)
    return {name: service.query(f"SELECT to_jsonb(t) FROM {name} t ORDER BY t::text") for name in names}


def test_a_day_told_twice_is_told_once(service: Service, tmp_path: Path) -> None:
    worker = service.start()
    service.know("CAFE0001")
    yesterday = datetime.now(UTC) - timedelta(days=1)
    told = [
        line(yesterday, "barriere", {"uid": "CAFE0001", "lane": "entry"}),
        line(yesterday + timedelta(minutes=5), "entry/vision/plate", {"plate": "AB123CD", "confidence": 0.97}),
        line(yesterday + timedelta(minutes=95), "exit/vision/plate", {"plate": "AB123CD", "confidence": 0.97}),
        line(yesterday + timedelta(minutes=99), "barriere", {"uid": "CAFE0001", "lane": "exit"}),
        line(yesterday + timedelta(minutes=100), "sensor_gate/present", "1"),
        line(yesterday + timedelta(minutes=100), "sensor_gate/heartbeat", "1760000000"),
    ]
    day = tmp_path / "day.jsonl"
    day.write_text("\n".join(reversed(told)) + "\n")

    first = service.ask("replay", str(day))
    assert "5 decided, 0 not understood, 0 failed, 1 sessions to be reviewed" in first.output, first.output
    assert first.exit_code == 1, "who left without paying is for a person to see"
    stays = service.query("SELECT opened_at, body FROM parking_session ORDER BY opened_at")
    assert [at for at, _ in stays] == [yesterday, yesterday + timedelta(minutes=5)]
    assert [json.loads(bytes(body))["closed_as"] for _, body in stays] == ["right", "left_unpaid"]
    assert service.query("SELECT count(*) FROM outbox WHERE order_kind = 'barrier'") == [(0,)]

    again = service.ask("replay", str(day))
    assert (again.output, again.exit_code) == (first.output, 1)
    worker.terminate()


def test_lines_that_are_not_understood_are_named_and_change_nothing(service: Service, tmp_path: Path) -> None:
    service.ask("migrate")
    day = tmp_path / "day.jsonl"
    now = datetime.now(UTC)
    bad = ["{", line(now, "nowhere/at/all", "1"), line(now, "barriere", "xyz"), '{"topic":"parking/barriere"}']
    bad += [json.dumps({"topic": "parking/barriere", "payload": "CAFE0001", "time": "2026-06-15T12:00:00"})]
    bad += [line(now, "lyon-9/barriere", "CAFE0001")]
    day.write_text("\n".join(bad))
    found = service.ask("replay", str(day))
    assert found.exit_code == 1
    for number in range(1, 7):
        assert f"line {number} is not understood: " in found.output
    assert service.query("SELECT count(*) FROM inbox") == [(0,)]


SITE = SiteLayout("lyon", "v2", capacity=10)
VISIT = timedelta(hours=3)
EXPECTED = {
    f"replayed-{what}"
    for what in (
        "entry",
        "exit",
        "joined",
        "repeated",
        "exit-joined",
        "exit-again",
        "conflict",
        "time-cannot-be",
        "noted",
    )
}
"""What the day has to have in it, to be a day."""


def stays(rows: Sequence[tuple[object, object]]) -> dict[str, tuple[object, ...]]:
    """What each session says of its visit."""
    told = {str(session): json.loads(bytes(body)) for session, body in rows}  # type: ignore[call-overload]
    words = ("opened_at", "left_at", "status", "closed_as", "paid_cents", "merged_into")
    return {
        session: (*(body.get(word) for word in words), sorted(body.get("review", []))) for session, body in told.items()
    }


async def opened_with(service: Service, badges: Badges) -> None:
    """The site is opened, its badges are known."""
    await enrol(service.url, [SITE], {SITE.name: badges}, Settings.load(service.environment), print)


async def paid_at_the_desk(service: Service, session: UUID) -> None:
    """What is due of a session is paid in cash."""
    async with PostgresStores.open(service.url, size=1) as opened:
        [site] = [one for one in await Administration(opened.database).sites() if one.id == SITE.name]
        await Requests(opened.stores.inbox).put(site, Address("session", str(session)), CASH)


CASH = RecordOnSite(means=Means.CASH, receipt_number="17", amount_cents=Cents(500), author="Ben")


async def told_in_memory(first: Path, day: Path, badges: Badges, now: datetime) -> dict[str, tuple[object, ...]]:
    """The same visits where nobody is ever killed."""
    row = site_row(SITE)
    scope = Scope(row.organisation_id, row.id, row.partition)
    async with CarPark(sites=[row], badges=credential_rows(SITE, badges), start=now) as park:
        for file in (first, day):
            with file.open("rb") as lines:
                for one in read(iter(lines), "parking", {SiteId(SITE.name): scope}, now):
                    if isinstance(one, Recorded) and one.row is not None:
                        await park.stores.stores.inbox.request(one.row)
            await park.pass_time(2)
            if file is first:
                [session] = await park.all_sessions(SITE.name)
                await park.request(Address("session", session.id), CASH, site=SITE.name)
        return stays([(one.id, msgspec.json.encode(one)) for one in await park.all_sessions(SITE.name)])


def test_a_whole_day_told_to_a_worker_that_is_killed_and_told_again_leaves_the_same_tables(
    service: Service, tmp_path: Path
) -> None:
    """All that happens at a site on a day, shuffled, some of it twice, some against what was paid already."""
    worker = service.start()
    badges = made_badges([SITE], 1)[SITE.name]
    asyncio.run(opened_with(service, badges))
    now = datetime.now(UTC)
    noon, visitor = now - timedelta(days=1), badges.visitors[0]

    def read_at(lane: str, at: datetime) -> str:
        return line(at, f"{SITE.name}/barriere", {"uid": visitor, "lane": lane})

    first, day = tmp_path / "first.jsonl", tmp_path / "day.jsonl"
    first.write_text("\n".join([read_at("entry", noon - 2 * VISIT), read_at("exit", noon - VISIT)]))
    service.ask("replay", str(first))
    [(paid,)] = service.query("SELECT id FROM parking_session")
    asyncio.run(paid_at_the_desk(service, paid))
    against = [read_at("entry", noon - VISIT * 1.5), read_at("entry", noon - 2 * VISIT + timedelta(seconds=5))]
    lines = [*kept(SITE, badges, noon, hours=1), *levels(SITE.name, noon), *against]
    day.write_text("\n".join(shuffled(lines)))

    telling = service.spawn("replay", str(day))
    wait_until(
        lambda: service.query("SELECT count(*) > 60 FROM inbox WHERE status = 'done'") == [(True,)], "some of it", 30
    )
    worker.kill()
    worker = service.start()
    assert telling.wait(30) == 1, "what is in review, or cannot be, is for a person"
    rules = {json.loads(outcome)["rule"] for (outcome,) in service.query("SELECT outcome FROM inbox")}
    assert rules >= EXPECTED, EXPECTED - rules
    before = contents(service)
    service.ask("replay", str(day))
    assert contents(service) == before
    assert worker.terminate() == 0
    found = service.query("SELECT id, body FROM parking_session")
    assert stays(found) == asyncio.run(told_in_memory(first, day, badges, now))
