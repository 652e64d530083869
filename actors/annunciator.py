"""Tells alarms what no decision can: what the worker itself notices of messages, of its rows, of broker and database.

Each is a request into the mailbox of the site's alarms, or of its organisation's, wherever these live. What goes on is
told once in a while: the alarm counts it.
"""

from collections import deque

from cachetools import LRUCache, TTLCache

from actors.patience import AbandonedError
from actors.sites import Sites
from actors.tools import Tools
from syspark.domain import alarms
from syspark.domain.alarm_kind import AlarmKind
from syspark.domain.decision import ToAlarms
from syspark.domain.units import SiteId
from syspark.layout import partition_of_organisation
from syspark.mailbox import row_of
from syspark.ports import InboxStore
from syspark.rows import Address, InboxRow, RejectedMessage, Scope

BURST = 20
BURST_S = 60.0
"""So many refused messages of a site in this time are a burst."""
AGAIN_AFTER_S = 600.0
REMEMBERED = 10_000


class Annunciator:
    """One per worker."""

    def __init__(self, inbox: InboxStore, sites: Sites, partitions: int, tools: Tools) -> None:
        self._inbox = inbox
        self._sites = sites
        self._partitions = partitions
        self._tools = tools
        self._refused: LRUCache[Scope, deque[float]] = LRUCache(REMEMBERED)
        self._told: TTLCache[tuple[str, str], bool] = TTLCache(REMEMBERED, AGAIN_AFTER_S, tools.machine.monotonic)

    def parked(self, row: InboxRow) -> None:
        """A row was put aside. One of alarms themselves is told by nothing but the log, or it would never end."""
        if row.recipient.kind != "alarms":
            self._tell_once(alarms.raised(AlarmKind.MESSAGE_PARKED, row.kind), row.scope)

    def refused(self, message: RejectedMessage) -> None:
        """A message was not understood."""
        now = self._tools.machine.monotonic()
        times = self._refused.setdefault(message.scope, deque(maxlen=BURST))
        times.append(now)
        if len(times) == BURST and now - times[0] <= BURST_S:
            self._tell_once(alarms.raised(AlarmKind.REJECTED_BURST, detail=message.reason), message.scope)

    def drifted(self, site: SiteId, topic: str, what: str) -> None:
        """Messages of a topic do not come as the contract says."""
        self._tell_once(alarms.raised(AlarmKind.CONTRACT_DRIFT, topic, what), self._sites.scope(site))

    def session_lost(self, partition: int) -> None:
        """The broker has not kept what a partition's link was to receive."""
        for organisation_id in {site.organisation_id for site in self._sites.of(partition)}:
            home = partition_of_organisation(organisation_id, self._partitions)
            told = alarms.raised(AlarmKind.BROKER_SESSION_LOST, f"partition {partition}")
            self.tell(told, Scope(organisation_id, None, home))

    def tell(self, told: ToAlarms, scope: Scope) -> None:
        """Have it stored as soon as the database lets us; `scope` says whose alarms it is for."""
        now = self._tools.clock.now()
        if scope.site_id is None:
            scope = Scope(
                scope.organisation_id, None, partition_of_organisation(scope.organisation_id, self._partitions)
            )
        whose = Address("alarms", str(scope.site_id or scope.organisation_id))
        row = row_of(self._tools.ids.new(), scope, whose, told.message, now)
        self._task = self._tools.owned.start(f"tell {row.id}", self._store(row))

    def _tell_once(self, told: ToAlarms, scope: Scope) -> None:
        whose = str(scope.site_id or scope.organisation_id)
        what = whose, f"{told.message.kind} {told.message.about}"
        if what not in self._told:
            self._told[what] = True
            self.tell(told, scope)

    async def _store(self, row: InboxRow) -> None:
        try:
            await self._tools.patience.through(lambda: self._inbox.request(row))
        except AbandonedError:
            return  # the worker ends
