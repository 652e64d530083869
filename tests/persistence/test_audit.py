"""`verify_chains` on a real journal: sound as written, and naming the first row somebody touched."""

import pytest

from syspark.persistence.audit import verify_chains
from syspark.persistence.chain import Fault, Head
from tests.persistence.worker import Worker, ask

CHAIN = "site:default"
UNIQUE = (
    "SELECT indexrelid::regclass::text FROM pg_index WHERE indisunique AND indrelid::regclass::text ~ '^journal_[2d]'"
)


@pytest.fixture
async def journal(worker: Worker, database_url: str) -> str:
    """The URL of a database whose chain has nine entries."""
    for _ in range(3):
        units = [worker.unit(row) for row in await worker.facts(3)]
        await worker.stores.units.commit([worker.fence], units)
    return database_url


async def test_a_chain_is_sound_as_it_was_written(journal: str) -> None:
    told: list[int] = []
    report = await verify_chains(journal, progress=told.append)
    assert (report.entries, report.faults, told) == (9, (), [9])
    assert report.heads[CHAIN].seq == 9
    assert (await verify_chains(journal, "site:other")).entries == 0


@pytest.mark.parametrize(
    ("damage", "seq", "what"),
    [
        ("UPDATE journal SET rule = 'other' WHERE seq = 4", 4, "was altered"),
        ("UPDATE journal SET fact_at = fact_at - interval '1 us' WHERE seq = 4", 4, "was altered"),
        ("UPDATE journal SET site_id = NULL WHERE seq = 4", 4, "was altered"),
        ("UPDATE journal SET commitments = '{}' WHERE seq = 4", 4, "was altered"),
        ("UPDATE journal SET encoding = 2 WHERE seq = 4", 4, "has the unknown encoding 2"),
        ("DELETE FROM journal WHERE seq = 4", 4, "is missing"),
        ("DELETE FROM journal WHERE seq = 9", 9, "is missing: the stored head is further"),
        ("INSERT INTO journal SELECT * FROM journal WHERE seq = 8", 8, "stands twice"),
        ("UPDATE journal_personal SET value = 'FFFFFFFF' WHERE seq = 4", 4, "has an altered personal value: uid"),
        ("DELETE FROM chain_head", 9, "is not the stored head"),
    ],
)
async def test_the_first_bad_row_is_named(journal: str, damage: str, seq: int, what: str) -> None:
    for (index,) in await ask(journal, UNIQUE):
        await ask(journal, f"DROP INDEX {index}")
    await ask(journal, damage)
    assert (await verify_chains(journal)).faults == (Fault(CHAIN, seq, what),)


async def test_a_chain_cut_off_with_its_head_is_found_by_a_head_that_is_known(journal: str) -> None:
    known = (await verify_chains(journal)).heads
    await ask(journal, "DELETE FROM journal WHERE seq > 6")
    await ask(journal, "UPDATE chain_head SET seq = 6, digest = (SELECT digest FROM journal WHERE seq = 6)")
    assert (await verify_chains(journal)).is_sound, "by itself it shows nothing"
    cut = Fault(CHAIN, 7, "is missing: the chain is known to have had 9 rows")
    assert (await verify_chains(journal, known=known)).faults == (cut,)
    await ask(journal, "DELETE FROM journal")
    await ask(journal, "DELETE FROM chain_head")
    assert (await verify_chains(journal, known=known)).faults == (Fault(CHAIN, 1, cut.what),)


async def test_a_chain_written_anew_is_not_the_one_that_is_known(journal: str) -> None:
    known = {CHAIN: Head(5, bytes(32))}
    assert (await verify_chains(journal, known=known)).faults == (
        Fault(CHAIN, 5, "is not the head that is known of it"),
    )


async def test_erased_personal_values_leave_the_chain_sound(journal: str) -> None:
    await ask(journal, "DELETE FROM journal_personal")
    assert (await verify_chains(journal)).is_sound


async def test_a_chain_goes_on_where_another_process_left_it(journal: str, worker: Worker) -> None:
    await ask(journal, "SELECT 1")
    successor = await Worker.take(worker.postgres, journal, "worker-b")
    [row] = await successor.facts(1)
    await successor.stores.units.commit([successor.fence], [successor.unit(row)])
    report = await verify_chains(journal)
    assert report.is_sound
    assert report.heads[CHAIN] != Head()
    assert report.entries == 10
