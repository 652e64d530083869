"""Partitions and who owns them, and which workers live, on PostgreSQL."""

from collections.abc import Mapping, Set
from datetime import timedelta
from typing import Any

from syspark.persistence import queries
from syspark.persistence.postgres.arrays import bigints, instants, integers, texts, uuids
from syspark.persistence.postgres.database import Database, Parameters, fetch
from syspark.persistence.postgres.retry import answered
from syspark.rows import Fence, Lease, LinkPosition, Standing

LEASE = timedelta(seconds=10)
ALIVE = timedelta(seconds=6)
"""Two beats may be missed. It ends before the leases do, so that those who take over look often by then."""
FORGOTTEN = timedelta(hours=1)
PATIENCE = "2s"
"""How long to wait for commits under way: of a frozen owner they may last, and each holds one of our connections."""


class PostgresLeases:
    """`syspark.ports.LeaseStore`; the database's clock decides when a lease has run out."""

    def __init__(self, database: Database, keeping: Database) -> None:
        """Partitions are taken by `database`; `keeping` is for what says in time that this worker lives."""
        self._database = database
        self._keeping = keeping
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
        rows = await self._database.owned(answered(self._take(parameters)), "take")
        if not rows:
            return None
        epoch, broker_session, marker_at, deliveries, low_seq = rows[0]
        position = LinkPosition(broker_session, marker_at, deliveries, low_seq)
        return Lease(Fence(partition, owner, epoch), LEASE.total_seconds(), position)

    async def renew(self, positions: Mapping[Fence, LinkPosition]) -> Set[Fence]:
        """Hold on for another lease's length, also after it ran out untaken."""
        return await self._keeping.owned(answered(self._keep(positions, hold=True)), "renew")

    async def release(self, fence: Fence, position: LinkPosition) -> None:
        """Give a partition back; a fence that is lost has nothing to give."""
        await self._keeping.owned(answered(self._keep({fence: position}, hold=False)), "release")

    async def beat(self, owner: str, *, linked: bool) -> Standing:
        """Live on, in one statement; workers unheard of for an hour are forgotten with it."""
        parameters = {"owner": owner, "linked": linked, "alive": ALIVE, "forgotten": FORGOTTEN}
        work = answered(self._keeping.write(self._sql["beat"], parameters))
        [(names, links, free, ours)] = await self._keeping.owned(work, "beat")
        workers = dict(zip(names, links, strict=True)) | {owner: linked}
        return Standing(workers, tuple(free), tuple(ours))

    async def leave(self, owner: str) -> None:
        """Live no more."""
        await self._keeping.owned(answered(self._keeping.write(self._sql["leave"], {"owner": owner})), "leave")

    async def settled_seq(self, partition: int) -> int:
        """The seq at or below which no row can appear any more, as the last renewals could prove.

        Rows commit out of order: a poll that starts above this mark may miss one for good.
        """
        rows = await self._database.rows(self._sql["settled"], {"partition": partition})
        return int(rows[0][0]) if rows else 0

    async def _take(self, parameters: Parameters) -> list[tuple[Any, ...]]:
        async with self._database.transaction() as connection:
            await fetch(connection, self._sql["patience"], {"longest": PATIENCE})
            taken = await fetch(connection, self._sql["take"], parameters)
            return await taken.fetchall()

    async def _keep(self, positions: Mapping[Fence, LinkPosition], *, hold: bool) -> Set[Fence]:
        by_partition = {fence.partition: fence for fence in sorted(positions, key=lambda fence: fence.partition)}
        fences = list(by_partition.values())
        stands = [positions[fence] for fence in fences]
        async with self._keeping.transaction() as connection:
            drawn = await fetch(connection, self._sql["drawn"], {})
            quiet = await fetch(connection, self._sql["quiet"], {})
            parameters = {
                "partition": integers(list(by_partition)),
                "owner": texts([fence.owner for fence in fences]),
                "epoch": bigints([fence.epoch for fence in fences]),
                "hold": hold,
                "lease": LEASE,
                "broker_session": uuids([stand.broker_session for stand in stands]),
                "marker_at": instants([stand.marker_at for stand in stands]),
                "deliveries": bigints([stand.deliveries for stand in stands]),
                "low_seq": bigints([stand.low_seq for stand in stands]),
                "drawn": ((await drawn.fetchone()) or (0,))[0],
                "quiet": ((await quiet.fetchone()) or (False,))[0],
            }
            kept = await fetch(connection, self._sql["keep"], parameters)
            return {by_partition[partition] for (partition,) in await kept.fetchall()}
