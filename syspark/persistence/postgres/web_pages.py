"""Reads for pages, on PostgreSQL."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from syspark.domain.units import SiteId
from syspark.layout import partition_of_organisation
from syspark.persistence import queries
from syspark.persistence.postgres.arrays import texts, uuids
from syspark.persistence.postgres.columns import as_uuid
from syspark.persistence.postgres.web_database import OrganisationDatabase
from syspark.web_ports import (
    AlarmCount,
    AlarmLine,
    BadgeLine,
    CommandLine,
    DeviceLine,
    EvacuatedLine,
    FlowLine,
    InsideLine,
    JournalLine,
    LaneLine,
    PersonLine,
    Photo,
    RefusedLine,
    SiteLine,
)


class PostgresPages:
    """`syspark.web_ports.PageReads`."""

    def __init__(self, database: OrganisationDatabase) -> None:
        self._database = database
        self._sql = queries.load("web_pages")

    async def sites(self) -> Sequence[SiteLine]:
        """Every site."""
        return [_site(*row) for row in await self._database.rows(self._sql["sites"], {})]

    async def journal(self, site_ids: Collection[SiteId], since: datetime, limit: int) -> Sequence[JournalLine]:
        """The newest journal rows."""
        parameters = {"site_id": texts(list(site_ids)), "since": since, "limit": limit}
        rows = await self._database.rows(self._sql["journal"], parameters) if site_ids else []
        return [JournalLine(*row) for row in rows]

    async def evacuated(self, site_id: SiteId, since: datetime, until: datetime) -> EvacuatedLine:
        """What was counted of an evacuation."""
        parameters = {"site_id": site_id, "since": since, "until": until}
        ((inside, left, unknown, stayed, openings),) = await self._database.rows(self._sql["evacuated"], parameters)
        return EvacuatedLine(inside, left, unknown, stayed, tuple((lane, sent, bad) for lane, sent, bad in openings))

    async def openings(self, site_ids: Collection[SiteId], since: datetime) -> Sequence[CommandLine]:
        """Barrier commands."""
        parameters = {"site_id": texts(list(site_ids)), "since": since}
        rows = await self._database.rows(self._sql["openings"], parameters) if site_ids else []
        return [CommandLine(*row) for row in rows]

    async def people(self, keys: Collection[tuple[SiteId, str]], closed_since: datetime) -> Sequence[PersonLine]:
        """Whom holder keys stand for."""
        parameters = {
            "site_id": texts([site for site, _ in keys]),
            "key": texts([key for _, key in keys]),
            "subject": uuids([_subject(key) for _, key in keys]),
            "closed_since": closed_since,
        }
        rows = await self._database.rows(self._sql["people"], parameters) if keys else []
        return [PersonLine(*row) for row in rows]

    async def inside(self, session_ids: Collection[str]) -> Sequence[InsideLine]:
        """Open sessions."""
        parameters = {"id": uuids([as_uuid(one) for one in session_ids])}
        rows = await self._database.rows(self._sql["inside"], parameters) if session_ids else []
        return [InsideLine(*row) for row in rows]

    async def devices(self, site_id: SiteId) -> Sequence[DeviceLine]:
        """The devices of a site."""
        return [DeviceLine(*row) for row in await self._database.rows(self._sql["devices"], {"site_id": site_id})]

    async def badges(self, site_id: SiteId) -> Sequence[BadgeLine]:
        """Every badge known at a site."""
        return [BadgeLine(*row) for row in await self._database.rows(self._sql["badges"], {"site_id": site_id})]

    async def refused(self, site_id: SiteId, since: datetime, limit: int) -> Sequence[RefusedLine]:
        """Messages refused last."""
        parameters = {"site_id": site_id, "since": since, "limit": limit}
        return [RefusedLine(*row) for row in await self._database.rows(self._sql["refused"], parameters)]

    async def flow(self, site_id: SiteId, since: datetime, step_s: int) -> Sequence[FlowLine]:
        """Entries and exits by steps."""
        parameters = {"site_id": site_id, "since": since, "step_s": step_s}
        return [FlowLine(*row) for row in await self._database.rows(self._sql["flow"], parameters)]

    async def alarm_counts(self) -> Sequence[AlarmCount]:
        """How many alarms stand."""
        return [AlarmCount(*row) for row in await self._database.rows(self._sql["alarm_counts"], {})]

    async def alarms(self, ended: int) -> Sequence[AlarmLine]:
        """Alarms that stand, and that ended last."""
        return [_alarm(*row) for row in await self._database.rows(self._sql["alarms"], {"ended": ended})]

    async def alarm(self, alarm_id: UUID) -> AlarmLine | None:
        """One alarm."""
        rows = await self._database.rows(self._sql["alarm"], {"id": alarm_id})
        return _alarm(*rows[0]) if rows else None

    async def photo(self, site_id: SiteId, photo_id: UUID, taken: tuple[datetime, datetime]) -> Photo | None:
        """A picture."""
        parameters = {"id": photo_id, "site_id": site_id, "from": taken[0], "until": taken[1]}
        rows = await self._database.rows(self._sql["photo"], parameters)
        return Photo(*rows[0]) if rows else None


def _alarm(*row: Any) -> AlarmLine:
    alarm_id, site_id, partition, partitions, organisation_id, name, zone, *rest = row
    home = partition_of_organisation(organisation_id, partitions) if site_id is None else partition
    return AlarmLine(alarm_id, site_id, home, name or "", zone or "UTC", *rest)


def _subject(key: str) -> UUID | None:
    """The id a holder key is, None when it is a badge's or a PIN's."""
    try:
        found = UUID(key)
    except ValueError:
        return None
    return found if str(found) == key else None


def _site(*row: Any) -> SiteLine:
    site_id, name, zone, currency, capacity, partition, lanes, sensors, state, state_at, bridge, seen_at, policy = row
    own = tuple(map(LaneLine, lanes, sensors))
    return SiteLine(site_id, name, zone, currency, capacity, partition, own, state, state_at, bridge, seen_at, policy)
