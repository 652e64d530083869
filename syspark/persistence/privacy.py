"""What one person may ask of us, and an authority: to be told, to be forgotten, that something is kept.

Each is told to the organisation's journal in its own transaction, without the plate. Source: domain.md, "Audit and
privacy"; GDPR, articles 12(3), 15 and 17; docs/privacy.md.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from syspark.acts import Act
from syspark.domain.explain import explain
from syspark.domain.recorded import Recorded
from syspark.domain.retention import Ground
from syspark.domain.units import Plate, SiteId
from syspark.persistence import queries
from syspark.persistence.postgres.acts import note
from syspark.persistence.postgres.arrays import uuids
from syspark.persistence.postgres.database import Database, fetch, run
from syspark.persistence.postgres.retry import answered
from syspark.persistence.retention import case_of


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a plate names at a site: its subject, since when, and the right it has, by its holder."""

    subject: UUID
    organisation_id: UUID
    site_id: SiteId
    known_since: datetime
    right: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What became of a wish to be forgotten: how many stays were erased, and why the others were not."""

    erased: int
    kept: tuple[tuple[Ground, ...], ...]


class Privacy:
    """Acts about one person or one session. Every method raises `Unavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sql = queries.load("retention")

    async def hold(self, session_id: UUID, reference: str, until: datetime, act: Act) -> bool:
        """Keep what is known of a session, as somebody asks in writing; False: there is no such session."""
        return await self._database.owned(answered(self._hold(session_id, reference, until, act)), "hold")

    async def person(self, site_id: SiteId, plate: Plate) -> Person | None:
        """Whom a plate names; None: nothing here is about it, or not any more."""
        rows = await self._database.rows(self._sql["person"], {"site_id": site_id, "plate": plate})
        if not rows:
            return None
        subject, organisation_id, since, holder, plan, valid_from, valid_until = rows[0]
        right = {"holder": holder, "plan": plan, "from": valid_from, "until": valid_until} if plan else None
        return Person(subject, organisation_id, site_id, since, right)

    async def exported(self, person: Person, act: Act) -> Sequence[dict[str, Any]]:
        """Every stay of a person with what was read, paid and decided, the oldest first."""
        asked = {"site_id": person.site_id, "holder_key": str(person.subject)}
        stays = []
        for stay, status, opened_at, closed_at, unpaid_cents, readings, payments in await self._database.rows(
            self._sql["export_stays"], asked
        ):
            rows = await self._database.rows(queries.load("audit")["of_session"], {"session_id": stay})
            decided = explain([Recorded(*row) for row in rows])
            stays.append(
                {
                    "session": stay,
                    "status": status,
                    "opened_at": opened_at,
                    "closed_at": closed_at,
                    "unpaid_cents": unpaid_cents,
                    "readings": readings,
                    "payments": payments,
                    "decisions": [{"at": step.happened_at, "what": step.in_words} for step in decided],
                }
            )
        await self._database.owned(answered(self._note(person.organisation_id, act)), "export")
        return stays

    async def forget(self, person: Person, now: datetime, act_of: Callable[[Forgotten], Act]) -> Forgotten:
        """Erase the stays of a person that nothing has to keep, with their pictures, and tell of it.

        The plate itself is for its site to forget.
        """
        return await self._database.owned(answered(self._forget(person, now, act_of)), "forget")

    async def _hold(self, session_id: UUID, reference: str, until: datetime, act: Act) -> bool:
        row = {
            "id": act.id,
            "session_id": session_id,
            "reference": reference,
            "author": act.done.author,
            "now": act.at,
            "until": until,
        }
        async with self._database.transaction() as connection:
            held = await run(connection, self._sql["hold"], row)
            if held:
                await note(connection, held[0][0], act)
        return bool(held)

    async def _forget(self, person: Person, now: datetime, act_of: Callable[[Forgotten], Act]) -> Forgotten:
        asked = {"site_id": person.site_id, "holder_key": str(person.subject)}
        async with self._database.transaction() as connection:
            rows = await run(connection, self._sql["stays_of"], asked)
            why = {row[0]: case_of(*row[2:]).withstands(now) for row in rows}
            gone = [stay for stay, grounds in why.items() if not grounds]
            for name in ("erase_values_of", "erase_photos_of", "erase_stays"):
                await fetch(connection, self._sql[name], {"id": uuids(gone), "now": now})
            forgotten = Forgotten(len(gone), tuple(grounds for grounds in why.values() if grounds))
            await note(connection, person.organisation_id, act_of(forgotten))
        return forgotten

    async def _note(self, organisation_id: UUID, act: Act) -> None:
        async with self._database.transaction() as connection:
            await note(connection, organisation_id, act)
