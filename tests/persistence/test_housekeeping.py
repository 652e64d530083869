"""What is over its time is removed, and nothing else."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from syspark.persistence.housekeeping import AT_ONCE, Housekeeping
from syspark.rows import LinkPosition
from tests.persistence.worker import Worker

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


async def test_done_rows_go_after_eight_days_and_undone_ones_stay(worker: Worker) -> None:
    old = NOW - timedelta(days=8, seconds=1)
    rows = [worker.make.fact(received_at=old) for _ in range(AT_ONCE + 3)]
    rows.append(worker.make.fact(received_at=old + timedelta(seconds=2)))
    inserted = [one.row for one in await worker.stores.inbox.insert([worker.fence], rows)]
    await worker.stores.inbox.park(worker.fence, inserted[0].id, "why")
    await worker.stores.units.commit([worker.fence], [worker.make.unit(row) for row in inserted[2:]])
    await worker.stores.leases.renew({worker.fence: LinkPosition(UUID(int=7), None, 0, inserted[-1].seq)})
    assert await worker.ask("SELECT low_seq FROM partition") == [(inserted[0].seq,)]
    await worker.stores.inbox.park(worker.fence, inserted[1].id, "why")
    await worker.stores.leases.renew({worker.fence: LinkPosition(UUID(int=7), None, 0, inserted[-1].seq)})
    housekeeping = Housekeeping(worker.postgres.database)
    assert [await housekeeping.purge_inbox(NOW) for _ in range(3)] == [AT_ONCE, 1, 0]
    left = {row_id for (row_id,) in await worker.ask("SELECT id FROM inbox")}
    assert left == {rows[0].id, rows[1].id, rows[-1].id}


async def test_event_ids_are_kept_forty_days(worker: Worker) -> None:
    kept = worker.make.fact(event_id="kept", received_at=NOW - timedelta(days=39))
    gone = worker.make.fact(event_id="gone", received_at=NOW - timedelta(days=41))
    await worker.stores.inbox.insert([worker.fence], [kept, gone])
    assert await Housekeeping(worker.postgres.database).purge_event_ids(NOW) == 1
    assert await worker.ask("SELECT event_id FROM inbox_key") == [("kept",)]
