"""Partitions and who owns them, on PostgreSQL."""

from datetime import timedelta

from syspark.persistence import queries
from syspark.persistence.postgres.columns import one_fence
from syspark.persistence.postgres.database import Database, fetch
from syspark.persistence.postgres.retry import answered
from syspark.rows import Fence, Lease, LinkPosition

LEASE = timedelta(seconds=10)


class PostgresLeases:
    """`syspark.ports.LeaseStore`; the database's clock decides when a lease has run out."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sql = queries.load("partition")

    async def take(self, partition: int, owner: str, *, predecessor_is_dead: bool = False) -> Lease | None:
        """Take a partition that is free, or our dead predecessor's; waits for commits still under way under its fence.

        A lost answer leaves the partition taken under an epoch nobody knows; it is free again when that lease ends.
        """
        parameters = {
            "partition": partition,
            "owner": owner,
            "lease": LEASE,
            "predecessor_is_dead": predecessor_is_dead,
        }
        rows = await self._database.owned(answered(self._database.write(self._sql["take"], parameters)), "take")
        if not rows:
            return None
        epoch, broker_session, marker_at, deliveries, low_seq = rows[0]
        position = LinkPosition(broker_session, marker_at, deliveries, low_seq)
        return Lease(Fence(partition, owner, epoch), LEASE.total_seconds(), position)

    async def renew(self, fence: Fence, position: LinkPosition) -> bool:
        """Hold on for another lease's length, also after it ran out untaken."""
        return await self._database.owned(answered(self._keep(fence, position, fence.owner)), "renew")

    async def release(self, fence: Fence, position: LinkPosition) -> None:
        """Give a partition back; a fence that is lost has nothing to give."""
        await self._database.owned(answered(self._keep(fence, position, None)), "release")

    async def settled_seq(self, partition: int) -> int:
        """The seq at or below which no row can appear any more, as the last renewals could prove.

        Rows commit out of order: a poll that starts above this mark may miss one for good.
        """
        rows = await self._database.rows(self._sql["settled"], {"partition": partition})
        return int(rows[0][0]) if rows else 0

    async def _keep(self, fence: Fence, position: LinkPosition, next_owner: str | None) -> bool:
        async with self._database.transaction() as connection:
            async with connection.pipeline():
                drawn = await fetch(connection, self._sql["drawn"], {})
                quiet = await fetch(connection, self._sql["quiet"], {})
            parameters = {
                **one_fence(fence),
                "next_owner": next_owner,
                "lease": LEASE,
                "broker_session": position.broker_session,
                "marker_at": position.marker_at,
                "deliveries": position.deliveries,
                "low_seq": position.low_seq,
                "drawn": ((await drawn.fetchone()) or (0,))[0],
                "quiet": ((await quiet.fetchone()) or (False,))[0],
            }
            kept = await fetch(connection, self._sql["keep"], parameters)
            return await kept.fetchone() is not None
