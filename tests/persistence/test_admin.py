"""What operators of the service ask of the database."""

from datetime import timedelta
from uuid import uuid4

from syspark.acts import act
from syspark.domain.messages import ActKind
from syspark.domain.units import SiteId
from syspark.persistence.admin import Administration, Health
from syspark.persistence.postgres.database import Database
from syspark.persistence.postgres.inbox import REJECTED_A_DAY
from syspark.rows import CredentialRow
from tests.persistence.worker import Worker

RETRIED = act(ActKind.MESSAGE_RETRIED, "somebody", "a row")
DROPPED = act(ActKind.MESSAGE_DROPPED, "somebody", "a row")


async def test_a_parked_message_is_listed_and_retried_at_the_end_of_the_line(worker: Worker) -> None:
    administration = Administration(worker.postgres.database)
    first, second = await worker.facts(2)
    await worker.stores.inbox.park(worker.fence, first.id, "three tries")
    [parked] = await administration.parked()
    assert (parked.id, parked.why, parked.recipient, parked.fact_at) == (
        first.id,
        "three tries",
        first.recipient,
        first.fact_at,
    )
    assert await administration.retry(first.id, RETRIED)
    assert not await administration.retry(first.id, RETRIED)
    undone = await worker.stores.inbox.undone(0, 0, 10)
    assert [row.id for row in undone] == [second.id, first.id, RETRIED.id], "the organisation's journal is told of it"
    assert (undone[1].body, undone[1].fact_at, undone[1].tries) == (first.body, first.fact_at, 0)


async def test_a_parked_message_is_dropped_with_a_reason(worker: Worker) -> None:
    administration = Administration(worker.postgres.database)
    [row] = await worker.facts(1)
    assert not await administration.drop(row.id, "not parked", DROPPED)
    await worker.stores.inbox.park(worker.fence, row.id, "three tries")
    assert await administration.drop(row.id, "a test badge", DROPPED)
    assert await worker.stores.inbox.outcome(row.id) == ("refused", "a test badge")
    assert await administration.parked() == []


async def test_refused_messages_are_shown_newest_first_and_kept_up_to_a_bound_a_day(worker: Worker) -> None:
    administration = Administration(worker.postgres.database)
    for _ in range(3):
        refused = [worker.make.rejected() for _ in range(400)]
        await worker.stores.inbox.insert([worker.fence], [], refused)
        await worker.stores.inbox.insert([worker.fence], [], refused[:10])
    assert await worker.ask("SELECT count(*) FROM rejected_message") == [(REJECTED_A_DAY,)]
    [(_, site_id, total)] = await administration.rejected_counts()
    assert site_id == "default"
    assert 1200 <= total <= 1210
    [shown] = await administration.rejected(1)
    assert (shown.site_id, shown.reason, shown.payload) == ("default", "bad-uid", "zz")
    assert await administration.rejected(5, SiteId("other")) == []


async def test_badges_of_a_site_are_listed(worker: Worker) -> None:
    badge = CredentialRow("A1B2C3D4", SiteId("default"), "Ada", "subscriber")
    [row] = await worker.facts(1)
    await worker.stores.units.commit([worker.fence], [worker.make.unit(row, credentials=(badge,))])
    assert await Administration(worker.postgres.database).credentials(SiteId("default")) == [badge]


async def test_a_migrated_database_is_well_and_an_older_one_says_what_to_do(worker: Worker) -> None:
    administration = Administration(worker.postgres.database)
    assert (await administration.deployment())[1] == 1
    assert (await administration.health()).is_fine
    await worker.ask("UPDATE alembic_version SET version_num = '0000'")
    health = await administration.health()
    assert not health.is_fine
    assert "run `syspark migrate`" in health.because


async def test_a_database_that_is_away_is_said_to_be() -> None:
    database = Database(f"postgresql:///x?host=/tmp/{uuid4()}", wait_s=timedelta(milliseconds=50).total_seconds())
    await database.open()
    try:
        health = await Administration(database).health()
    finally:
        await database.close()
    assert health == Health(False, False, False, "database unavailable: no connection in time")
