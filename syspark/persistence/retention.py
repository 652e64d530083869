"""Erases plates and pictures that are over their time, a bounded batch at a time.

What is kept is decided by `syspark.domain.retention`; here it is found, by indexes that hold only what is not erased
yet. Every batch is a transaction of its own: who is interrupted goes on with the next. Source: docs/privacy.md.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from syspark.domain.messages import AddCredential, AddHolder, EnrolBadge, ReplaceBadge
from syspark.domain.payment.payment import Account
from syspark.domain.policy import SitePolicy
from syspark.domain.retention import CREDENTIAL_ACTS_KEPT, Case
from syspark.domain.units import SiteId
from syspark.persistence import queries
from syspark.persistence.postgres.arrays import bigints, uuids
from syspark.persistence.postgres.database import Database, fetch, run
from syspark.persistence.postgres.retry import answered
from syspark.rows import Scope

AT_ONCE = 500
NEVER = datetime.min.replace(tzinfo=UTC)
NOBODY = UUID(int=0)
CREDENTIAL_ACTS = frozenset(
    str(one.__struct_config__.tag) for one in (AddCredential, AddHolder, EnrolBadge, ReplaceBadge)
)
AGES = ("week", "month", "year", "older")
"""How old what is held is: up to 7, 30 and 365 days, or more."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a batch goes on: behind this one, in the order of time."""

    at: datetime = NEVER
    id: UUID = NOBODY


@dataclass(frozen=True, slots=True)
class Step:
    """What a batch has done; `next` is None after the last one."""

    erased: int
    next: Place | None


@dataclass(frozen=True, slots=True)
class Unneeded:
    """Plates of one site that no session and no right needs any more."""

    scope: Scope
    subjects: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """How much there is that names a person: `kind` is `photo`, `plate` or `stay` (closed, and not erased)."""

    kind: str
    age: str
    count: int


class _Body(msgspec.Struct, frozen=True):
    money: Account = Account()
    declared: dict[str, object] | None = None


_BODY = msgspec.json.Decoder(_Body)


class Retention:
    """One run over everything. Each method is one batch, safe to retry, and raises `Unavailable`."""

    def __init__(self, database: Database, policies: Mapping[SiteId, SitePolicy], now: datetime) -> None:
        """`policies` are those of every site, `now` the moment by which time is counted."""
        self._database = database
        self._sql = queries.load("retention")
        self._policies = policies
        self._now = now

    async def stays(self, after: Place) -> Step:
        """Erase the plates of sessions that closed long ago and that nothing holds."""
        before = self._long_ago(lambda policy: policy.plates_kept_s)
        return await self._database.owned(answered(self._stays(after, before)), "erase stays")

    async def photos(self, after: Place) -> Step:
        """Erase pictures that were taken long ago and whose session does not hold them."""
        before = self._long_ago(lambda policy: policy.photos_kept_s)
        rows = await self._rows("photos", before=before, after=after.id)
        kept, taken = set(), dict[UUID, datetime]()
        for photo, site, taken_at, session, *facts in rows:
            taken[photo] = taken_at
            case = case_of(*facts) if session is not None else Case(taken_at)
            if case.photo_until(taken_at, self._policy(SiteId(site))) > self._now:
                kept.add(photo)
        gone = [photo for photo in taken if photo not in kept]
        if gone:
            days = {"from": min(taken[photo] for photo in gone), "until": max(taken[photo] for photo in gone)}
            await self._write("erase_photos", id=uuids(gone), **days)
        return Step(len(gone), Place(rows[-1][2], rows[-1][0]) if len(taken) == AT_ONCE else None)

    async def drop_days(self) -> int:
        """Drop the days of which no picture is left; how many."""
        return int((await self._write("drop_photo_days", before=self._now - timedelta(days=7)))[0][0])

    async def plates(self, after: Place) -> tuple[Sequence[Unneeded], Place | None]:
        """Find plates first seen long ago that nothing needs any more: their sites are to forget them."""
        before = self._long_ago(lambda policy: policy.plates_kept_s)
        rows = await self._rows("plates", before=before, after_at=after.at, after=after.id)
        found: dict[Scope, list[UUID]] = {}
        for subject, site, organisation_id, partition, _, needed in rows:
            if not needed:
                found.setdefault(Scope(organisation_id, SiteId(site), partition), []).append(subject)
        unneeded = [Unneeded(scope, tuple(subjects)) for scope, subjects in found.items()]
        return unneeded, Place(rows[-1][4], rows[-1][0]) if len(rows) == AT_ONCE else None

    async def chains(self) -> Sequence[str]:
        """The journal's chains."""
        return [chain for (chain,) in await self._database.rows(self._sql["chains"], {})]

    async def values(self, chain: str, after: int) -> tuple[int, int | None]:
        """Erase the personal values of a chain's rows that are old and of no session that is kept.

        Returns of how many rows, and behind which row the next batch begins, None after the last.
        """
        policy = self._policy(SiteId(chain.removeprefix("site:")))
        before = self._now - timedelta(seconds=policy.plates_kept_s)
        rows = await self._rows("values", chain=chain, after=after)
        old = [row for row in rows if row[1] < before]
        gone = [
            seq
            for seq, at, kind, kept in old
            if not kept and (kind not in CREDENTIAL_ACTS or at < self._now - CREDENTIAL_ACTS_KEPT)
        ]
        if gone:
            await self._write("erase_values", chain=chain, seq=bigints(gone))
        return len(gone), old[-1][0] if len(old) == AT_ONCE else None

    async def held(self) -> Sequence[Held]:
        """How much there is that names a person, by kind and age."""
        rows = await self._database.rows(self._sql["held"], {"now": self._now})
        counts = {(kind, AGES[max(age, 0)]): count for kind, age, count in rows}
        return [Held(kind, age, counts.get((kind, age), 0)) for kind in ("photo", "plate", "stay") for age in AGES]

    async def _stays(self, after: Place, before: datetime) -> Step:
        async with self._database.transaction() as connection:
            asked = {"before": before, "after_at": after.at, "after": after.id, "limit": AT_ONCE}
            rows = await run(connection, self._sql["stays"], asked)
            gone = [
                row[0]
                for row in rows
                if (until := case_of(*row[2:]).plates_until(self._policy(SiteId(row[1])))) and until <= self._now
            ]
            if gone:
                await fetch(connection, self._sql["erase_values_of"], {"id": uuids(gone)})
                await fetch(connection, self._sql["erase_stays"], {"id": uuids(gone), "now": self._now})
        return Step(len(gone), Place(rows[-1][2], rows[-1][0]) if len(rows) == AT_ONCE else None)

    def _policy(self, site_id: SiteId) -> SitePolicy:
        return self._policies.get(site_id, _DEFAULT)

    def _long_ago(self, kept_s: Callable[[SitePolicy], int]) -> datetime:
        """Before which something may be over its time at one site at least."""
        return self._now - timedelta(seconds=min(map(kept_s, self._policies.values()), default=0))

    async def _rows(self, name: str, **asked: object) -> list[tuple[Any, ...]]:
        return await self._database.rows(self._sql[name], {**asked, "limit": AT_ONCE})

    async def _write(self, name: str, **asked: object) -> list[tuple[Any, ...]]:
        return await self._database.owned(answered(self._database.write(self._sql[name], asked)), name)


_DEFAULT = SitePolicy()


def case_of(
    closed_at: datetime | None, unpaid: bool, in_review: bool, body: bytes, police_until: datetime | None
) -> Case:
    try:
        told = _BODY.decode(body)
    except msgspec.DecodeError:  # another release's: what its columns tell is enough
        told = _Body()
    return Case(closed_at, unpaid, in_review, told.money.is_disputed, police_until, told.declared is not None)
