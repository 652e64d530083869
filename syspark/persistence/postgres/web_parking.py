"""Reads about parking sessions for pages, on PostgreSQL."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from syspark.domain.policy import SitePolicy
from syspark.domain.recorded import Recorded
from syspark.domain.units import SiteId
from syspark.persistence import queries
from syspark.persistence.postgres.arrays import texts, uuids
from syspark.persistence.postgres.columns import as_uuid
from syspark.persistence.postgres.web_database import OrganisationDatabase
from syspark.web_ports import Asked, CommandLine, EvidenceLine, SessionLine


class PostgresParking:
    """`syspark.web_ports.SessionReads`."""

    def __init__(self, database: OrganisationDatabase) -> None:
        self._database = database
        self._sql = queries.load("web_sessions_found")

    async def found(self, asked: Asked) -> Sequence[SessionLine]:
        """The sessions asked for."""
        return await self.named(await self._ids(asked))

    async def named(self, ids: Collection[UUID]) -> Sequence[SessionLine]:
        """These sessions."""
        rows = await self._database.rows(self._sql["named"], {"id": uuids(list(ids))}) if ids else []
        return [SessionLine(*row) for row in rows]

    async def counted(self, site_id: SiteId | None, most: int) -> Mapping[str, int]:
        """How many sessions need a person, by why."""
        return {
            "review": len(await self._ids(Asked("review", site_id, limit=most))),
            "unpaid": len(await self._ids(Asked("unpaid", site_id, limit=most))),
            "overlong": len(await self._ids(Asked("overlong", site_id, limit=most))),
        }

    async def plates_with(self, part: str, most: int) -> Sequence[tuple[SiteId, str, str]]:
        """Plates by a part of them."""
        rows = await self._database.rows(self._sql["plates_with"], {"part": part, "most": most})
        return [(SiteId(site), key, plate) for site, key, plate in rows]

    async def evidence(self, session_id: UUID) -> Sequence[EvidenceLine]:
        """What speaks for a session's vehicle."""
        rows = await self._database.rows(self._sql["evidence"], {"session_id": session_id})
        return [EvidenceLine(*row) for row in rows]

    async def history(self, session_id: UUID) -> Sequence[Recorded]:
        """The journal's rows about a session."""
        rows = await self._database.rows(self._sql["history"], {"session_id": session_id})
        return [Recorded(*row) for row in rows]

    async def commands(self, ids: Collection[str]) -> Sequence[CommandLine]:
        """Barrier commands."""
        parameters = {"id": uuids([as_uuid(one) for one in ids])}
        rows = await self._database.rows(self._sql["commands"], parameters) if ids else []
        return [CommandLine(*row) for row in rows]

    async def _ids(self, asked: Asked) -> Sequence[UUID]:
        keys = list(asked.keys or ())
        parameters = {
            "site_id": asked.site_id,
            "since": asked.since,
            "before": asked.before,
            "limit": asked.limit,
            "longest_stay_s": SitePolicy().longest_stay_s,
            "key_site": texts([site for site, _ in keys]),
            "key": texts([key for _, key in keys]),
        }
        if asked.keys is not None:
            name = "of_keys"
        elif asked.kind == "newest" and asked.site_id is not None:
            name = "newest_of_site"
        else:
            name = asked.kind
        return [row[0] for row in await self._database.rows(self._sql[name], parameters)]
