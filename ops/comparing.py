"""Holds the ledger against the provider's own list, every ten minutes, for yesterday and today of each site.

What is not explained stands on the page Payments, and raises `payment-mismatch` once. Source: docs/closings.md.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from syspark.clock import Clock
from syspark.domain.access.window import clocks_of
from syspark.domain.alarm_details import LEDGER
from syspark.domain.alarm_kind import AlarmKind
from syspark.domain.comparison import Difference, Told, compared, told_by
from syspark.domain.messages import AlarmRaised
from syspark.domain.payment.messages import PaymentTold
from syspark.domain.units import SiteId
from syspark.errors import Unavailable
from syspark.ids import IdSource
from syspark.mailbox import row_of
from syspark.payment_ports import PaymentProvider, PaymentRefused
from syspark.persistence.postgres.database import Database
from syspark.persistence.provider_days import Place, ProviderDays
from syspark.ports import CommitUnknown, InboxStore
from syspark.rows import Address, Scope

logger = logging.getLogger(__name__)

COMPARE_EVERY_S = 600.0
LOOK_AGAIN_S = 15.0
"""While it is another worker's turn, or one of the two cannot be reached."""
UNDER_WAY = timedelta(minutes=5)
"""What has happened so lately may be booked in a moment."""
LISTED = timedelta(days=5)
BOOKED = timedelta(days=2)
"""Further back than what is compared, by more than a checkout lives."""


class Comparer:
    """One of the whole deployment at a time: whoever holds partition 0."""

    def __init__(self, database: Database, inbox: InboxStore, provider: PaymentProvider, clock: Clock) -> None:
        self._days = ProviderDays(database)
        self._inbox = inbox
        self._provider = provider
        self._clock = clock
        self._ids = IdSource(clock)
        self._alarmed: set[tuple[SiteId, str, str]] = set()

    async def run(self, is_ours: Callable[[], bool]) -> None:
        """Compare until cancelled, while it is our turn."""
        while True:
            pause_s = LOOK_AGAIN_S
            if is_ours():
                try:
                    await self.compare()
                    pause_s = COMPARE_EVERY_S
                except (Unavailable, PaymentRefused, CommitUnknown) as error:
                    logger.debug("ledger and provider are compared later: %s", error)
            await asyncio.sleep(pause_s)

    async def compare(self) -> int:
        """Compare every site's yesterday and today; how many differences there are. Raises `Unavailable`."""
        now = self._clock.now()
        places = await self._days.places()
        zones = {place.id: clocks_of(place.zone) for place in places}
        told: dict[SiteId, list[Told]] = defaultdict(list)
        async for word in self._provider.told_since(now - LISTED):
            at = word.message.paid_at if isinstance(word.message, PaymentTold) else word.at
            if word.site_id in zones and now - at > UNDER_WAY:
                one = told_by(word.session_id, word.message, at.astimezone(zones[word.site_id]).date())
                told[word.site_id] += [one] if one is not None else []
        return sum([await self._of_site(place, told[place.id], now) for place in places])

    async def _of_site(self, place: Place, told: Sequence[Told], now: datetime) -> int:
        today = now.astimezone(clocks_of(place.zone)).date()
        names = [name for one in told for name in one.booked_as]
        booked = await self._days.booked(place.id, self._provider.name, today - BOOKED, names)
        days = {one.day for one in told} | {one.day for one in booked}
        found = 0
        for day in sorted(days & {today - timedelta(days=1), today}):
            made = compared(told, booked, day)
            found += made.unexplained
            await self._days.keep(place, self._provider.name, day, now, made)
            for one in made.differences:
                await self._alarm(place, one, now)
        return found

    async def _alarm(self, place: Place, one: Difference, now: datetime) -> None:
        key = (place.id, one.payment_ref, one.happened)
        if key in self._alarmed:
            return
        scope = Scope(place.organisation_id, place.id, place.partition)
        raised = AlarmRaised(
            kind=AlarmKind.PAYMENT_MISMATCH, about=one.session_id or "", detail=LEDGER[one.happened].written()
        )
        await self._inbox.request(row_of(self._ids.new(), scope, Address("alarms", place.id), raised, now))
        self._alarmed.add(key)


async def keep_compared(
    database: Database | None,
    inbox: InboxStore,
    provider: PaymentProvider | None,
    clock: Clock,
    is_ours: Callable[[], bool],
) -> None:
    """Compare for as long as this runs, where there is a provider and a database."""
    if database is not None and provider is not None:
        await Comparer(database, inbox, provider, clock).run(is_ours)
