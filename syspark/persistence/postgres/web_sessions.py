"""Operators and their shifts, on PostgreSQL."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from syspark.acts import Act
from syspark.persistence import queries
from syspark.persistence.postgres.acts import note
from syspark.persistence.postgres.arrays import blobs
from syspark.persistence.postgres.database import Database, fetch
from syspark.persistence.postgres.web_database import OrganisationDatabase
from syspark.web_ports import Operator, WebSession


class _Body(msgspec.Struct, frozen=True):
    csrf: str


class PostgresOperators:
    """`syspark.web_ports.OperatorStore`."""

    def __init__(self, database: OrganisationDatabase) -> None:
        self._database = database
        self._sql = queries.load("web_sessions")

    async def by_login(self, login: str) -> Operator | None:
        """The operator of this name."""
        return _operator(await self._database.rows(self._sql["operator_by_login"], {"login": login}))

    async def by_id(self, operator_id: UUID) -> Operator | None:
        """The operator of this id."""
        return _operator(await self._database.rows(self._sql["operator_by_id"], {"id": operator_id}))

    async def any(self) -> bool:
        """Whether there is one."""
        rows = await self._database.rows(self._sql["any_operator"], {})
        return bool(rows[0][0])

    async def add(self, operator: Operator, act: Act) -> None:
        """Add one: only over a database opened in the worker's role. Raises `DataRefused` when the name is taken."""
        row = {
            "id": operator.id,
            "organisation_id": self._database.organisation_id,
            "site_id": operator.site_id,
            "login": operator.login,
            "password_hash": operator.password_hash,
            "role": operator.role,
            "partner_id": operator.partner_id,
        }
        await self._database.written(self._add(row, act), "add operator")

    async def _add(self, row: dict[str, Any], act: Act) -> None:
        async with self._database.transaction() as connection:
            await fetch(connection, self._sql["add_operator"], row)
            await note(connection, self._database.organisation_id, act)


class PostgresWebSessions:
    """`syspark.web_ports.WebSessionStore`."""

    def __init__(self, database: OrganisationDatabase) -> None:
        self._database = database
        self._sql = queries.load("web_sessions")

    async def open(self, session: WebSession, act: Act) -> None:
        """Store a new shift."""
        row = {
            "id_hash": session.id_hash,
            "organisation_id": self._database.organisation_id,
            "operator_id": session.operator.id,
            "body": msgspec.json.encode(_Body(session.csrf)),
            "created_at": session.created_at,
            "expires_at": session.expires_at,
        }
        await self._database.written(self._open(row, session.created_at, act), "open shift")

    async def find(self, id_hash: bytes, now: datetime) -> WebSession | None:
        """A shift that stands."""
        rows = await self._database.rows(self._sql["find"], {"id_hash": id_hash, "now": now})
        if not rows:
            return None
        body, created_at, expires_at, *operator = rows[0]
        csrf = msgspec.json.decode(body, type=_Body).csrf
        return WebSession(id_hash, Operator(*operator), csrf, created_at, expires_at)

    async def close(self, id_hash: bytes, act: Act | None = None) -> None:
        """End a shift."""
        await self._database.written(self._close(id_hash, act), "close shift")

    async def note(self, act: Act) -> None:
        """Tell the journal of an act that changes nothing."""
        await self._database.written(self._note(act), "note")

    async def alive(self, id_hashes: Collection[bytes], now: datetime) -> Collection[bytes]:
        """Which of these stand."""
        rows = await self._database.rows(self._sql["alive"], {"id_hash": blobs(list(id_hashes)), "now": now})
        return {row[0] for row in rows}

    async def use_once(self, key_hash: bytes, now: datetime, expires_at: datetime) -> bool:
        """Mark a key as used."""
        row = {
            "id_hash": key_hash,
            "organisation_id": self._database.organisation_id,
            "now": now,
            "expires_at": expires_at,
        }
        return bool(await self._database.written(self._database.rows(self._sql["use_once"], row), "use once"))

    async def _open(self, row: dict[str, Any], now: datetime, act: Act) -> None:
        async with self._database.transaction() as connection:
            await fetch(connection, self._sql["forget"], {"now": now})
            await fetch(connection, self._sql["open"], row)
            await note(connection, self._database.organisation_id, act)

    async def _close(self, id_hash: bytes, act: Act | None) -> None:
        async with self._database.transaction() as connection:
            ended = await (await fetch(connection, self._sql["close"], {"id_hash": id_hash})).fetchone()
            if ended is not None and act is not None:
                await note(connection, self._database.organisation_id, act)

    async def _note(self, act: Act) -> None:
        async with self._database.transaction() as connection:
            await note(connection, self._database.organisation_id, act)


async def only_organisation(database: Database) -> UUID:
    """Whom this deployment serves; over a database opened in the worker's role."""
    rows = await database.rows(queries.load("web_sessions")["only_organisation"], {})
    organisation_id: UUID = rows[0][0]
    return organisation_id


def _operator(rows: list[tuple[Any, ...]]) -> Operator | None:
    if not rows:
        return None
    return Operator(*rows[0])
