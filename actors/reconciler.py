"""Compares what the payment provider knows with what our sessions do, and watches whether it can be reached.

One of the whole deployment, the holder of partition 0. A webhook that never came is found within a minute; what it
would have brought goes to the session as the same word. While nobody can pay, every site is told. Source:
docs/money.md.
"""

import logging
from datetime import datetime, timedelta

import msgspec

from actors.tools import Tools
from syspark import strayed
from syspark.domain.alarm_kind import AlarmKind
from syspark.domain.messages import AlarmRaised, AnyMessage
from syspark.domain.payment.messages import DisputeTold, PaymentPath, PaymentTold, RefundTold
from syspark.domain.session.money import knows
from syspark.domain.session.state import Session
from syspark.domain.site.state import SiteState
from syspark.errors import Unavailable
from syspark.mailbox import row_of
from syspark.payment_ports import PaymentProvider, PaymentRefused, ProviderWord
from syspark.ports import Stores
from syspark.rows import Address, Scope, SiteRow

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 30.0
LOOK_AGAIN_S = 10.0
"""While the provider cannot be reached."""
DOWN_AFTER_S = 20.0
"""A call that fails once is no outage."""
ITS_WEBHOOK_S = 20.0
"""A word as young as that may be on its way."""
FIRST_WINDOW = timedelta(hours=48)
WINDOW = timedelta(hours=3)


class Reconciler:
    """Runs for as long as partition 0 is held."""

    def __init__(self, stores: Stores, provider: PaymentProvider, partitions: int, tools: Tools) -> None:
        self._stores = stores
        self._provider = provider
        self._partitions = partitions
        self._tools = tools
        self._window = FIRST_WINDOW
        self._shown: set[str] = set()
        self._failing_since: datetime | None = None
        self._path: PaymentPath | None = None

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self._tools.timers.sleep(await self.look())

    async def look(self) -> float:
        """Compare once; returns the seconds until the next look."""
        now = self._tools.clock.now()
        try:
            await self._compare(now)
        except (Unavailable, PaymentRefused) as error:
            if isinstance(error, Unavailable) and error.what == "database":
                return LOOK_AGAIN_S
            logger.warning("nobody can pay: %s", error)
            self._failing_since = self._failing_since or now
            if (now - self._failing_since).total_seconds() >= DOWN_AFTER_S:
                await self._tell_sites(PaymentPath(down_since=self._failing_since))
            return LOOK_AGAIN_S
        self._failing_since, self._window = None, WINDOW
        await self._tell_sites(PaymentPath())
        return LOOK_EVERY_S

    async def _compare(self, now: datetime) -> None:
        await self._provider.probe()
        listed: set[str] = set()
        async for word in self._provider.told_since(now - self._window):
            listed.add(word.event_id)
            young = (now - word.at).total_seconds() < ITS_WEBHOOK_S
            if word.event_id not in self._shown and not young and await self._is_shown(word):
                self._shown.add(word.event_id)
        self._shown &= listed

    async def _is_shown(self, word: ProviderWord) -> bool:
        """Whether our session shows it, or nothing of ours ever will; else the session is told."""
        stored = await self._stores.state.session(word.session_id)
        if stored is None:
            return True
        if stored.scope.site_id != word.site_id:
            alarm = strayed.alarm_of(self._tools.ids.new(), stored.scope, word, self._tools.clock.now())
            if alarm is not None:
                await self._stores.inbox.request(alarm)
            return True
        if knows(msgspec.json.decode(stored.body, type=Session), word.message):
            return True
        await self._insert(stored.scope, Address("session", word.session_id), word.message, event_id=word.event_id)
        if isinstance(word.message, PaymentTold | RefundTold | DisputeTold):
            logger.warning("a webhook has not come: %s of session %s", word.event_id, word.session_id)
            silent = AlarmRaised(kind=AlarmKind.WEBHOOK_SILENT)
            await self._insert(stored.scope, Address("alarms", str(word.site_id)), silent)
        self._tools.metrics.reconciled_words.inc()
        return False

    async def _tell_sites(self, path: PaymentPath) -> None:
        """Tell every site that does not know it; told once, until it is otherwise."""
        if path == self._path:
            return
        try:
            for partition in range(self._partitions):
                for site in await self._stores.state.sites(partition):
                    await self._tell_site(site, path)
        except Unavailable:
            return  # looked at again in seconds
        self._path = path

    async def _tell_site(self, site: SiteRow, path: PaymentPath) -> None:
        stored = await self._stores.state.snapshot(Address("site", site.id))
        known = msgspec.json.decode(stored.body, type=SiteState).payments_down_since if stored is not None else None
        if known != path.down_since:
            scope = Scope(site.organisation_id, site.id, site.partition)
            await self._insert(scope, Address("site", site.id), path)

    async def _insert(self, scope: Scope, whose: Address, message: AnyMessage, *, event_id: str | None = None) -> None:
        row = row_of(self._tools.ids.new(), scope, whose, message, self._tools.clock.now(), event_id=event_id)
        await self._stores.inbox.request(row)
