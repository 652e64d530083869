"""What is over its time is erased, and what something holds is not."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from ops import retaining
from ops.retaining import Retainer, keep_only
from syspark.clock import SteppedClock
from syspark.domain.access import Plan
from syspark.domain.payment.payment import Account, Dispute, DisputeStatus
from syspark.domain.session import Session
from syspark.domain.tariff import Tariff
from syspark.domain.units import Cents, HolderKey, SessionId
from syspark.ids import IdSource
from syspark.metrics import Metrics
from syspark.persistence import retention
from syspark.persistence.audit import verify_chains
from syspark.rows import SessionRow, SubjectRow, WitnessRow
from tests.persistence.worker import Worker
from tests.servers.waiting import eventually

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
DAY = timedelta(days=1)
PAID = Account()
SETTLED = ("UPDATE parking_session SET unpaid_cents = 0", "UPDATE parking_session SET in_review = false")


class Archive:
    """Visits of long ago, each as its site and its session have left it."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker

    async def stay(
        self, plate: SubjectRow, closed: timedelta, *, first: bool = True, account: Account = PAID, **held: Any
    ) -> SessionRow:
        """A visit that ended that long ago, read once, with a picture; `first`: its plate was never seen before."""
        ended = NOW - closed
        ids, make = IdSource(SteppedClock(ended)), self.worker.make
        session_id, key = SessionId(str(ids.new())), HolderKey(str(plate.id))
        body = Session(
            id=session_id,
            holder_key=key,
            plan=Plan.VISITOR,
            tariff=Tariff(),
            tariff_version=1,
            opened_at=ended,
            decided_at=ended,
            money=account,
        )
        [row] = await self.worker.facts(1)
        session = make.session(
            session_id, status="closed", closed_at=ended, holder_key=key, body=msgspec.json.encode(body), **held
        )
        read = WitnessRow(session_id, make.scope, "plate", key, "entry", ended, 0.9, ids.new())
        entry = make.entry(
            cause=row.id, at=ended, personal={"plate-0": plate.plate, "holder_key-1": key}, session_id=session_id
        )
        subjects = (plate,) if first else ()
        unit = make.unit(row, sessions=(session,), subjects=subjects, witnesses=(read,), journal=(entry,))
        await self.worker.stores.units.commit([self.worker.fence], [unit])
        await self.picture(read.cause, ended)
        await self.worker.ask("UPDATE subject SET created_at = least(created_at, %s) WHERE id = %s", ended, plate.id)
        return session

    async def picture(self, photo: UUID, taken_at: datetime) -> None:
        """A picture."""
        await self.worker.ask(
            "INSERT INTO photo (id, organisation_id, site_id, lane, content_type, body, taken_at)"
            " SELECT %s, organisation_id, 'default', 'entry', 'image/jpeg', 'jpeg', %s FROM organisation",
            photo,
            taken_at,
        )

    async def run(self, now: datetime = NOW) -> Mapping[str, int]:
        """A night's run, and the site's answer to it."""
        stores, fence = self.worker.stores, self.worker.fence
        erased = await Retainer(self.worker.postgres.database, stores.inbox, SteppedClock(now)).run("system")
        for row in await stores.inbox.undone(0, 0, 100):
            if row.kind == "forget-plates":
                subjects = tuple(UUID(one) for one in msgspec.json.decode(row.body)["subjects"])
                await stores.units.commit([fence], [self.worker.make.unit(row, forgotten=subjects)])
        return {what: count for what, count in erased.items() if count}

    async def plates(self) -> list[str]:
        """The plates that are still there, wherever."""
        found = await self.worker.ask(
            "SELECT plate FROM subject UNION ALL SELECT value FROM journal_personal WHERE starts_with(name, 'plate')"
        )
        return sorted(plate for (plate,) in found)

    async def pictures(self) -> int:
        """How many pictures there are."""
        return int((await self.worker.ask("SELECT count(*) FROM photo"))[0][0])


@pytest.fixture
def archive(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> Archive:
    """An archive on a database of its own, erased from in batches of two."""
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    return Archive(worker)


async def test_a_closed_stay_is_erased_after_thirty_days_and_its_pictures_after_seven(
    archive: Archive, database_url: str
) -> None:
    make = archive.worker.make
    for number in range(5):
        await archive.stay(make.subject(f"OLD{number}"), 30 * DAY + timedelta(seconds=1))
    await archive.stay(make.subject("YOUNG"), 30 * DAY - timedelta(seconds=1))
    await archive.stay(make.subject("TODAY"), timedelta(0))

    erased = await archive.run()
    assert (erased["sessions"], erased["plates"], erased["pictures"]) == (5, 5, 6)
    assert await archive.plates() == ["TODAY", "TODAY", "YOUNG", "YOUNG"]
    assert await archive.pictures() == 1
    assert (await verify_chains(database_url)).is_sound
    assert set(await archive.run()) <= {"plates"}, "a second run finds nothing"


@pytest.mark.parametrize("held", [{"unpaid_cents": 250}, {"in_review": True}])
async def test_what_is_unpaid_or_in_review_is_held_until_it_is_settled(archive: Archive, held: dict[str, Any]) -> None:
    await archive.stay(archive.worker.make.subject("HELD"), 200 * DAY, **held)
    await archive.run()
    assert (await archive.plates(), await archive.pictures()) == (["HELD", "HELD"], 1)

    for settled in SETTLED:
        await archive.worker.ask(settled)
    await archive.run()
    assert (await archive.plates(), await archive.pictures()) == ([], 0)


async def test_an_unpaid_stay_is_erased_after_twelve_months_and_its_pictures_after_thirteen(archive: Archive) -> None:
    make = archive.worker.make
    await archive.stay(make.subject("DEBT"), 366 * DAY, unpaid_cents=250)
    await archive.stay(make.subject("ELDER"), 394 * DAY, unpaid_cents=250)
    await archive.run()
    assert (await archive.plates(), await archive.pictures()) == ([], 1)


@pytest.mark.parametrize(("status", "kept"), [(DisputeStatus.OPEN, 1), (DisputeStatus.LOST, 0), (DisputeStatus.WON, 0)])
async def test_a_dispute_holds_its_evidence_until_it_is_closed(
    archive: Archive, status: DisputeStatus, kept: int
) -> None:
    dispute = Dispute(ref="du_1", payment_ref="pi_1", amount_cents=Cents(250), status=status)
    await archive.stay(archive.worker.make.subject("CARD"), 60 * DAY, account=Account(disputes=(dispute,)))
    await archive.run()
    assert (await archive.plates(), await archive.pictures()) == (["CARD", "CARD"] * kept, kept)


async def test_a_regular_keeps_the_plate_and_loses_the_old_stay(archive: Archive) -> None:
    plate = archive.worker.make.subject("DAILY")
    old = await archive.stay(plate, 40 * DAY)
    new = await archive.stay(plate, 3 * DAY, first=False)
    await archive.run()

    assert await archive.plates() == ["DAILY", "DAILY"], "the plate, and the new stay's row of the journal"
    state = archive.worker.stores.state
    stored = await state.session(old.id)
    assert stored is not None
    assert stored.holder_key != old.holder_key
    assert old.holder_key.encode() not in stored.body
    assert msgspec.json.decode(stored.body, type=Session).holder_key == stored.holder_key
    assert [one.plate for one in await state.witnesses(old.id)] == [None]
    assert [one.plate for one in await state.witnesses(new.id)] == ["DAILY"]


async def test_a_run_that_is_cut_off_is_finished_by_the_next(archive: Archive) -> None:
    make = archive.worker.make
    for number in range(5):
        await archive.stay(make.subject(f"OLD{number}"), 40 * DAY)
    running = Retainer(archive.worker.postgres.database, archive.worker.stores.inbox, SteppedClock(NOW))
    told = asyncio.Event()
    night = asyncio.create_task(running.run("system", lambda _what, _count: told.set()))
    await told.wait()
    night.cancel()
    await asyncio.gather(night, return_exceptions=True)
    assert await archive.worker.ask("SELECT count(*) FROM parking_session WHERE erased_at IS NULL") == [(3,)]

    await archive.run()
    assert (await archive.plates(), await archive.pictures()) == ([], 0)


async def test_a_plate_with_a_right_or_read_without_a_stay(archive: Archive) -> None:
    make, worker = archive.worker.make, archive.worker
    [row] = await worker.facts(1)
    refused, staff = make.subject("REFUSED"), make.subject("STAFF")
    entry = make.entry(cause=row.id, at=NOW - 40 * DAY, kind="reported", personal={"plate-0": "REFUSED"})
    given = make.entry(cause=row.id, at=NOW - 40 * DAY, kind="add-credential", personal={"plate-0": "STAFF"})
    unit = make.unit(row, subjects=(refused, staff), journal=(entry, given))
    await worker.stores.units.commit([worker.fence], [unit])
    await worker.ask("UPDATE subject SET created_at = %s", NOW - 40 * DAY)
    await worker.ask(
        "INSERT INTO credential (site_id, uid, organisation_id, holder, plan, kind)"
        " SELECT 'default', %s, organisation_id, 'J. Petit', 'staff', 'plate' FROM organisation",
        str(staff.id),
    )
    await archive.run()
    assert await archive.plates() == ["STAFF", "STAFF"], "whose right it is, and who was given it"


async def test_the_financial_records_stay_and_name_nobody(archive: Archive) -> None:
    session = await archive.stay(archive.worker.make.subject("PAID"), 40 * DAY)
    worker = archive.worker
    await worker.ask(
        "INSERT INTO ledger_entry (id, organisation_id, site_id, session_id, at, local_day, kind, means, amount_cents,"
        " currency, vat_cents, author, reason) SELECT gen_random_uuid(), organisation_id, 'default', %s, now(), now(),"
        " 'sale', 'stripe', 250, 'EUR', 42, 'system', '' FROM organisation",
        UUID(session.id),
    )
    await archive.run()
    assert await worker.ask("SELECT amount_cents FROM ledger_entry") == [(250,)]
    assert await worker.ask("SELECT count(*) FROM parking_session") == [(1,)]


async def test_days_without_pictures_are_dropped_and_a_late_picture_finds_a_place(archive: Archive) -> None:
    await archive.worker.postgres.database.write("SELECT make_partitions(%(at)s)", {"at": NOW - 40 * DAY})
    held = await archive.stay(archive.worker.make.subject("HELD"), 35 * DAY, unpaid_cents=1)
    assert held.unpaid_cents == 1
    assert (await archive.run())["days of pictures"] >= 10
    assert await archive.pictures() == 1
    await archive.picture(UUID(int=1), NOW - 40 * DAY)
    assert await archive.pictures() == 2


async def test_one_worker_erases_once_a_night_and_measures_what_is_held(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retaining, "LOOK_EVERY_S", 0.01)
    runs: list[datetime] = []

    async def noted(self: Retainer, by: str) -> None:
        runs.append(clock.now())

    monkeypatch.setattr(Retainer, "run", noted)
    await archive.stay(archive.worker.make.subject("TODAY"), timedelta(0))
    clock, metrics, looks, ours = SteppedClock(NOW), Metrics(), 0, False

    def is_ours() -> bool:
        nonlocal looks
        looks += 1
        return ours

    async def look_twice() -> None:
        since = looks
        await eventually(lambda: looks >= since + 2, "two looks")

    worker = archive.worker
    night = asyncio.create_task(keep_only(worker.postgres.database, worker.stores.inbox, metrics, clock, is_ours))
    measured = b'syspark_personal_data{age="week",kind="plate"} 1.0'
    await look_twice()
    clock.advance(DAY.total_seconds())
    await look_twice()
    assert (runs, measured in metrics.render()) == ([], False), "another worker's turn"
    ours = True
    await eventually(lambda: measured in metrics.render(), "measured")
    clock.advance(DAY.total_seconds())
    await eventually(lambda: len(runs) == 2, "the second night")
    await look_twice()
    assert runs == [NOW + DAY, NOW + 2 * DAY]
    night.cancel()
    await asyncio.gather(night, return_exceptions=True)
