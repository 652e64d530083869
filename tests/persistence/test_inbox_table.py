"""What keeps the inbox fast: a done row is rewritten in place, and undone rows are found without a search."""

from syspark.persistence import queries
from tests.persistence.worker import Worker

WORK = "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'inbox'"


async def test_deciding_rows_touches_no_index(worker: Worker) -> None:
    for _ in range(10):
        units = [worker.unit(row) for row in await worker.facts(50)]
        await worker.stores.units.commit([worker.fence], units)
    await worker.postgres.database.close()
    [(updated, in_place)] = await worker.ask(WORK)
    assert updated == 500
    assert in_place >= 0.9 * updated


async def test_no_index_names_a_column_that_a_decision_changes(worker: Worker) -> None:
    definitions = await worker.ask("SELECT indexdef FROM pg_indexes WHERE tablename = 'inbox'")
    for (definition,) in definitions:
        _, _, columns = definition.partition(" USING ")
        assert not {"status", "outcome", "tries", "starts", "body"} & set(columns.replace("(", " ").split())


async def test_undone_rows_are_found_by_the_partition_s_order(worker: Worker) -> None:
    for _ in range(20):
        units = [worker.make.unit(row) for row in await worker.facts(200)]
        await worker.stores.units.commit([worker.fence], units)
    await worker.ask("ANALYZE inbox")
    for name in ("undone", "undone_for"):
        statement = queries.load("inbox")[name]
        parameters = {"partition": 0, "after_seq": 3900, "limit": 100, "recipient_kind": "site", "recipient_id": "x"}
        plan = await worker.postgres.database.rows(f"EXPLAIN {statement.partition(chr(10))[2]}", parameters)
        assert any("inbox_order" in line for (line,) in plan), plan
        assert not any("Sort" in line or "Seq Scan" in line for (line,) in plan), plan


async def test_a_done_row_keeps_no_body(worker: Worker) -> None:
    [row] = await worker.facts(1)
    await worker.stores.units.commit([worker.fence], [worker.make.unit(row)])
    assert await worker.ask("SELECT body, status FROM inbox") == [(b"", "done")]
