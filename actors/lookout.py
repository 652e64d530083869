"""Notices that the broker or the database is away. The holder of partition 0 alone tells, for all workers.

A database that is away can be told by no row: people are told from memory, if a messenger is there, and the alarm is
kept once the database is back.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Protocol
from uuid import UUID

import msgspec

from actors.alarms import PLATFORM
from actors.annunciator import Annunciator
from actors.tools import Tools
from syspark.contract.topics import DEFAULT_SITE
from syspark.domain import alarms
from syspark.domain.alarm_book import Alarm, Book, News, place
from syspark.domain.alarm_details import AWAY
from syspark.domain.alarm_kind import TRAITS, AlarmKind
from syspark.domain.decision import ToAlarms
from syspark.domain.notice import Notice
from syspark.domain.policy import Language
from syspark.errors import Unavailable
from syspark.ports import ActorStateStore, MessageRefused, Messenger
from syspark.rows import Address, Scope
from syspark.telling import written

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 5.0
BROKER_LOST_AFTER_S = 15.0
DATABASE_LOST_AFTER_S = 30.0


class Ear(Protocol):
    """Partition 0's link, as far as it tells whether the broker is there."""

    @property
    def hearing(self) -> bool:
        """Whether our own markers come back."""


class Lookout:
    """One per worker; `ear` is partition 0's link while that is held here."""

    def __init__(
        self,
        ear: Callable[[], Ear | None],
        state: ActorStateStore,
        annunciator: Annunciator,
        messenger: Messenger | None,
        tools: Tools,
    ) -> None:
        self._ear = ear
        self._state = state
        self._annunciator = annunciator
        self._messenger = messenger
        self._tools = tools
        self._whose: UUID | None = None
        self._heard_at = tools.machine.monotonic()
        self._broker: bool | None = None
        self._ours = False
        self._lost_since: datetime | None = None
        self._lost_at = 0.0
        self._is_told = False

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self._tools.timers.sleep(LOOK_EVERY_S)
            await self._look_at_database()
            if self._lost_since is None:
                await self._look_at_broker()

    async def _look_at_broker(self) -> None:
        ear, now = self._ear(), self._tools.machine.monotonic()
        if ear is None:
            self._broker, self._heard_at = None, now
        elif ear.hearing:
            self._heard_at = now
            # Whoever held partition 0 before may have raised it.
            if self._broker is False or (self._broker is None and await self._stands(AlarmKind.BROKER_LOST)):
                self._tell(alarms.cleared(AlarmKind.BROKER_LOST))
            self._broker = True
        elif now - self._heard_at >= BROKER_LOST_AFTER_S and self._broker is not False:
            self._tell(alarms.raised(AlarmKind.BROKER_LOST))
            self._broker = False

    async def _look_at_database(self) -> None:
        now = self._tools.clock.now()
        try:
            row = await self._state.site(DEFAULT_SITE)
        except Unavailable:
            if self._lost_since is None:
                self._lost_since, self._lost_at = now, self._tools.machine.monotonic()
            elif self._lost_for_s >= DATABASE_LOST_AFTER_S and self._ours and not self._is_told:
                await self._tell_people(self._lost_since)
            return
        if self._lost_since is not None and self._lost_for_s >= DATABASE_LOST_AFTER_S and self._ours:
            away = AWAY.written(since=f"{self._lost_since:%H:%M:%S}", until=f"{now:%H:%M:%S}")
            self._tell(alarms.raised(AlarmKind.DATABASE_LOST, detail=away))
        self._lost_since, self._is_told = None, False
        self._whose = None if row is None else row.organisation_id
        self._ours = self._ear() is not None

    async def _stands(self, kind: AlarmKind) -> bool:
        if self._whose is None:
            return False
        try:
            snapshot = await self._state.snapshot(Address("alarms", str(self._whose)))
        except Unavailable:
            return True
        return snapshot is not None and place(kind, "") in msgspec.json.decode(snapshot.body, type=Book).standing

    @property
    def _lost_for_s(self) -> float:
        return self._tools.machine.monotonic() - self._lost_at

    async def _tell_people(self, since: datetime) -> None:
        if self._messenger is None:
            return
        kind = AlarmKind.DATABASE_LOST
        alarm = Alarm(id="", kind=kind, severity=TRAITS[kind].severity, raised_at=since, last_at=since)
        notice = Notice(news=News.RAISED, alarm=alarm, place=PLATFORM, language=Language.FRENCH)
        try:
            await self._messenger.send(written(notice, ""))
        except (Unavailable, MessageRefused) as error:
            logger.warning("people cannot be told that the database is away: %s", error)
        else:
            self._is_told = True

    def _tell(self, told: ToAlarms) -> None:
        if self._whose is not None:
            self._annunciator.tell(told, Scope(self._whose, None, 0))
