"""Where an act becomes a row of the organisation's mailbox, in the transaction that does it."""

from uuid import UUID

from syspark.acts import Act
from syspark.persistence import queries
from syspark.persistence.postgres import columns
from syspark.persistence.postgres.database import Connection, fetch


async def note(connection: Connection, organisation_id: UUID, act: Act) -> None:
    """Tell the organisation's journal of an act. It is told once, however often it is tried."""
    (partitions,) = await (await fetch(connection, queries.load("deployment")["partitions"], {})).fetchone() or (1,)
    sql = queries.load("inbox")
    await fetch(connection, sql["begin_numbered"], {"organisation_id": str(organisation_id)})
    await fetch(connection, sql["insert_unfenced"], columns.messages([act.row(organisation_id, partitions)]))
