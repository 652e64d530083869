"""What actors are restored from, their timers, and last-seen times, on PostgreSQL."""

import itertools
from collections.abc import Collection, Mapping, Sequence, Set
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from syspark.domain.units import SessionId, SiteId
from syspark.persistence import queries
from syspark.persistence.postgres import columns, sites
from syspark.persistence.postgres.arrays import instants, integers, texts, uuids
from syspark.persistence.postgres.database import Database, fetch
from syspark.persistence.postgres.lookup import Lookup
from syspark.persistence.postgres.retry import answered
from syspark.rows import (
    Address,
    CredentialRow,
    Deadline,
    Fence,
    OutboxRow,
    PartnerMonthRow,
    PartnerRow,
    PartnersOfSite,
    Scope,
    SessionRow,
    SiteChanges,
    SiteRow,
    Snapshot,
    Stood,
    ValidationRow,
    WitnessRow,
)

THEIR_LATEST = 100
"""Sessions of one holder that a replay may be about: those of more than a month."""


class PostgresActorState:
    """`syspark.ports.ActorStateStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sql = queries.load("state")
        self._commands_of = queries.load("outbox")["commands_of"]
        self._session: Lookup[UUID, SessionRow] = Lookup(database, "sessions", self._read_sessions)
        self._credential: Lookup[tuple[SiteId, str], CredentialRow] = Lookup(
            database, "credentials", self._read_credentials
        )

    async def snapshot(self, actor: Address) -> Snapshot | None:
        """An actor's last stored state."""
        rows = await self._database.rows(self._sql["snapshot"], {"kind": actor.kind, "id": actor.id})
        return Snapshot(Scope(*rows[0][:3]), actor, rows[0][3], rows[0][4]) if rows else None

    async def twins(self, partition: int) -> Sequence[Snapshot]:
        """The last stored state of every device of a partition."""
        rows = await self._database.rows(self._sql["twins"], {"partition": partition})
        return [Snapshot(Scope(*row[:3]), Address("device", row[3]), row[4], row[5]) for row in rows]

    async def session(self, session_id: str) -> SessionRow | None:
        """A parking session; text that is no UUID names none."""
        try:
            known = UUID(session_id)
        except ValueError:
            return None
        return await self._session.get(known)

    async def sessions_of(self, site_id: SiteId, closed_since: datetime) -> Sequence[SessionRow]:
        """A site's open and lately closed sessions, in the order of their ids, which is that of their making."""
        parameters = {"site_id": site_id, "closed_since": closed_since}
        rows = await self._database.rows(self._sql["sessions_of"], parameters)
        return [columns.session_with_witnesses(row) for row in rows]

    async def witnesses(self, session_id: SessionId) -> Sequence[WitnessRow]:
        """What speaks for a session's vehicle."""
        rows = await self._database.rows(self._sql["witnesses"], {"session_id": columns.as_uuid(session_id)})
        return [
            WitnessRow(session_id, Scope(*row[:3]), row[3], row[4], row[5], row[6], row[7], row[8], row[9], row[10])
            for row in rows
        ]

    async def sessions_around(self, site_id: SiteId, holder_key: str, at: datetime, within_s: float) -> Sequence[Stood]:
        """A holder's latest sessions, and the site's that were opened about a time."""
        within = timedelta(seconds=within_s)
        parameters = {
            "site_id": site_id,
            "holder_key": holder_key,
            "limit": THEIR_LATEST,
            "from": at - within,
            "until": at + within,
        }
        rows = await self._database.rows(self._sql["sessions_around"], parameters)
        return [
            Stood(session, tuple(columns.witness_row(session, row[12:]) for row in own))
            for session, own in itertools.groupby(rows, key=lambda row: columns.session_row(row[:12]))
        ]

    async def commands_of(self, site_id: SiteId, order_kind: str, since: datetime) -> Sequence[OutboxRow]:
        """A site's commands of one kind, oldest first."""
        parameters = {"site_id": site_id, "order_kind": order_kind, "since": since}
        return [columns.outbox_row(row) for row in await self._database.rows(self._commands_of, parameters)]

    async def credential(self, site_id: SiteId, uid: str) -> CredentialRow | None:
        """A badge known at a site."""
        return await self._credential.get((site_id, uid))

    async def credentials(self, site_id: SiteId) -> Sequence[CredentialRow]:
        """Every badge and plate known at a site."""
        rows = await self._database.rows(self._sql["credentials"], {"site_id": site_id})
        return [columns.credential_row(row) for row in rows]

    async def subject(self, site_id: SiteId, plate: str) -> UUID | None:
        """The subject that holds a plate."""
        rows = await self._database.rows(self._sql["subject"], {"site_id": site_id, "plate": plate})
        return rows[0][0] if rows else None

    async def partners(self, site_id: SiteId, month: str) -> PartnersOfSite:
        """A site's partners, their accounts that can change, and the validations that are not over."""
        asked = {"site_id": site_id}
        partners = await self._database.rows(self._sql["partners"], asked)
        if not partners:
            return PartnersOfSite()
        months = await self._database.rows(self._sql["partner_months"], {**asked, "month": month})
        live = await self._database.rows(self._sql["live_validations"], asked)
        return PartnersOfSite(
            partners=tuple(PartnerRow(row[0], Scope(*row[1:4]), *row[4:]) for row in partners),
            months=tuple(PartnerMonthRow(row[0], Scope(*row[1:4]), *row[4:]) for row in months),
            live=tuple(ValidationRow(row[0], Scope(*row[1:4]), *row[4:]) for row in live),
        )

    async def sites(self, partition: int) -> Sequence[SiteRow]:
        """Every site of a partition."""
        return await sites.read(self._database, partition=partition)

    async def changed_sites(self, partitions: Collection[int], since: int | None) -> SiteChanges:
        """Sites that may have changed since an earlier look."""
        return await sites.changed(self._database, partitions, since)

    async def site(self, site_id: SiteId) -> SiteRow | None:
        """One site."""
        found = await sites.read(self._database, site_ids=[site_id])
        return found[0] if found else None

    async def levels(self, partition: int) -> Mapping[str, bytes]:
        """Per topic, the digest of the last level that became a row."""
        return dict(await self._database.rows(self._sql["levels"], {"partition": partition}))

    async def _read_sessions(self, ids: Sequence[UUID]) -> Mapping[UUID, SessionRow]:
        rows = await self._database.rows(self._sql["sessions"], {"id": uuids(ids)})
        return {row[0]: columns.session_row(row) for row in rows}

    async def _read_credentials(self, keys: Sequence[tuple[SiteId, str]]) -> Mapping[tuple[SiteId, str], CredentialRow]:
        asked = {"site_id": texts([site_id for site_id, _ in keys]), "uid": texts([uid for _, uid in keys])}
        found = [
            columns.credential_row(row) for row in await self._database.rows(self._sql["known_credentials"], asked)
        ]
        return {(row.site_id, row.uid): row for row in found}


class PostgresDeadlines:
    """`syspark.ports.DeadlineStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sql = queries.load("state")

    async def partitions_due(self, partitions: Collection[int], now: datetime) -> Set[int]:
        """Which partitions have timers that are due."""
        asked = {"partition": integers(partitions), "now": now}
        return {row[0] for row in await self._database.rows(self._sql["partitions_due"], asked)}

    async def due(self, partition: int, now: datetime, limit: int) -> Sequence[Deadline]:
        """Timers that are due, oldest first."""
        parameters = {"partition": partition, "now": now, "limit": limit}
        return [_deadline(row) for row in await self._database.rows(self._sql["due"], parameters)]


class PostgresTelemetry:
    """`syspark.ports.TelemetryStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sql = queries.load("state")
        self._fenced = queries.load("inbox")["fenced"]

    async def seen(self, fences: Sequence[Fence], seen: Mapping[tuple[SiteId, str], datetime]) -> None:
        """Store when devices were last heard; those of lost partitions and unknown sites are dropped."""
        if seen:
            await self._database.owned(answered(self._seen(fences, seen)), "seen")

    async def last_seen(self, partition: int) -> Mapping[tuple[SiteId, str], datetime]:
        """When each device was last heard."""
        rows = await self._database.rows(self._sql["last_seen"], {"partition": partition})
        return {(site_id, device): seen_at for site_id, device, seen_at in rows}

    async def _seen(self, fences: Sequence[Fence], seen: Mapping[tuple[SiteId, str], datetime]) -> None:
        async with self._database.transaction() as connection:
            cursor = await fetch(connection, self._fenced, columns.fences(fences))
            parameters = {
                "site_id": texts([site_id for site_id, _ in seen]),
                "device": texts([device for _, device in seen]),
                "seen_at": instants(seen.values()),
                "partition": integers([partition for (partition,) in await cursor.fetchall()]),
            }
            await fetch(connection, self._sql["seen"], parameters)


def _deadline(row: tuple[Any, ...]) -> Deadline:
    return Deadline(Scope(*row[:3]), Address(row[3], row[4]), row[5], row[6])
