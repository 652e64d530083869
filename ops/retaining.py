"""Erases what is over its time: once a night by whichever worker holds partition 0, and by `syspark retention run`.

Source: docs/privacy.md.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import date, timedelta

import msgspec

from syspark.acts import act
from syspark.clock import Clock
from syspark.domain.messages import ActKind, ForgetPlates
from syspark.domain.policy import SitePolicy
from syspark.domain.units import SubjectId
from syspark.errors import Unavailable
from syspark.ids import IdSource
from syspark.mailbox import row_of
from syspark.metrics import Metrics
from syspark.persistence.admin import Administration
from syspark.persistence.housekeeping import Housekeeping
from syspark.persistence.postgres.database import Database
from syspark.persistence.retention import Place, Retention, Unneeded
from syspark.ports import InboxStore
from syspark.rows import Address

logger = logging.getLogger(__name__)

NIGHT = timedelta(hours=1)
"""How long after midnight, UTC, a night's run is due."""
LOOK_EVERY_S = 60.0
PAUSE_S = 0.05
"""Between two batches, for the others."""
BY = "system"

STAYS, PLATES, PHOTOS, DAYS, VALUES = "sessions", "plates", "pictures", "days of pictures", "journal rows"


class Retainer:
    """One run of the whole deployment."""

    def __init__(self, database: Database, inbox: InboxStore, clock: Clock) -> None:
        self._database = database
        self._inbox = inbox
        self._clock = clock
        self._ids = IdSource(clock)

    async def run(self, by: str, tell: Callable[[str, int], None] = lambda what, erased: None) -> Mapping[str, int]:
        """Erase everything that is over its time and write it into the journal; how much of what.

        `tell` hears of each batch. Raises `Unavailable`: what was erased until then stays erased, the next run goes on.
        """
        erased: Counter[str] = Counter()
        async for what, count in self._batches():
            erased[what] += count
            tell(what, count)
            await asyncio.sleep(PAUSE_S)
        if any(erased.values()):
            organisation_id = (await Administration(self._database).sites())[0].organisation_id
            _, partitions = await Administration(self._database).deployment()
            detail = ", ".join(f"{count} {what}" for what, count in erased.items() if count)
            done = act(ActKind.EVIDENCE_ERASED, by, "", detail, self._clock)
            await self._inbox.request(done.row(organisation_id, partitions))
        return erased

    async def _batches(self) -> AsyncIterator[tuple[str, int]]:
        now = self._clock.now()
        sites = await Administration(self._database).sites()
        policies = {site.id: msgspec.json.decode(site.policy, type=SitePolicy) for site in sites}
        retention = Retention(self._database, policies, now)
        for what, batch in ((STAYS, retention.stays), (PHOTOS, retention.photos)):
            place: Place | None = Place()
            while place is not None:
                step = await batch(place)
                place = step.next
                yield what, step.erased
        yield DAYS, await retention.drop_days()
        place = Place()
        while place is not None:
            unneeded, place = await retention.plates(place)
            for one in unneeded:
                await self._forget(one)
            yield PLATES, sum(len(one.subjects) for one in unneeded)
        for chain in await retention.chains():
            seq: int | None = 0
            while seq is not None:
                count, seq = await retention.values(chain, seq)
                yield VALUES, count
        async for what, count in Housekeeping(self._database).purge_all(now):
            yield what, count

    async def _forget(self, unneeded: Unneeded) -> None:
        scope = unneeded.scope
        asked = ForgetPlates(subjects=tuple(SubjectId(str(subject)) for subject in unneeded.subjects))
        address = Address("site", str(scope.site_id))
        await self._inbox.request(row_of(self._ids.new(), scope, address, asked, self._clock.now()))


async def keep_only(
    database: Database | None, inbox: InboxStore, metrics: Metrics, clock: Clock, is_ours: Callable[[], bool]
) -> None:
    """Erase once a night what is over its time, for as long as this runs, and measure what is held."""
    last, measured = _night(clock), False
    while database is not None:
        await asyncio.sleep(LOOK_EVERY_S)
        if not is_ours():
            metrics.personal_data.clear()
            measured = False
            continue
        try:
            if _night(clock) != last:
                await Retainer(database, inbox, clock).run(BY)
                last, measured = _night(clock), False
            if not measured:
                # Once, whatever comes of it: counting reads much, and is not worth a second try before the next night.
                measured = True
                await measure(database, metrics, clock)
        except Unavailable as error:
            logger.warning("what is over its time is erased later: %s", error)


async def measure(database: Database, metrics: Metrics, clock: Clock) -> None:
    """The privacy meter: what is held that names a person. Raises `Unavailable`."""
    for one in await Retention(database, {}, clock.now()).held():
        metrics.personal_data.labels(one.kind, one.age).set(one.count)


def _night(clock: Clock) -> date:
    return (clock.now() - NIGHT).date()
