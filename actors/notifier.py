"""Tells people of alarms, outside the dashboard: one sender of the whole deployment, the holder of partition 0.

It reads what was written with the decisions and delays none of them. What cannot be sent waits, for a day at most;
what was sent and could not be recorded before the process died is sent once more: twice is better than never.
"""

import logging
from collections.abc import Sequence
from uuid import UUID

import msgspec

from actors.tools import Tools
from syspark.domain.notice import Notice
from syspark.errors import Unavailable
from syspark.ports import MESSAGE_AT_MOST, MessageRefused, Messenger, NoticeStore
from syspark.rows import Fence, NoticeFate, NoticeRow
from syspark.telling import bundled, written

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 2.0
PACE_S = 3.0
"""A bot may send 20 messages a minute to one group. Source: Telegram Bot API, "Broadcasting to users"."""
BUNDLED_FROM = 5
"""Of so many that wait, one message tells several: an outage's worth of them is read in a minute, not in an hour."""
AT_ONCE = 20
FIRST_PAUSE_S = 2.0
LONGEST_PAUSE_S = 60.0


class Notifier:
    """Runs for as long as partition 0 is held."""

    def __init__(self, fence: Fence, notices: NoticeStore, messenger: Messenger, address: str, tools: Tools) -> None:
        """`address` is what links begin with, empty when nobody has said it."""
        self._fence = fence
        self._notices = notices
        self._messenger = messenger
        self._address = address
        self._tools = tools
        self._sent: set[UUID] = set()
        self._pause_s = FIRST_PAUSE_S
        self._told_away = False

    async def run(self) -> None:
        """Look and send until cancelled."""
        while True:
            await self._tools.timers.sleep(await self.look())

    async def look(self) -> float:
        """Send what comes next, if anything waits; returns the seconds until the next look."""
        try:
            return await self._send_next()
        except Unavailable as error:
            if error.what == "telegram" and not self._told_away:
                logger.warning("people cannot be told of alarms, which wait: %s", error)
                self._told_away = True
            pause_s = max(error.delay_s, self._pause_s)
            self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)
            return pause_s

    async def _send_next(self) -> float:
        rows = await self._notices.waiting(AT_ONCE)
        now = self._tools.clock.now()
        oldest_s = max(((now - row.created_at).total_seconds() for row in rows), default=0.0)
        self._tools.metrics.oldest_notice_seconds.set(max(0.0, oldest_s))
        waiting = [row for row in rows if row.id not in self._sent]
        await self._settle([row for row in rows if row.id in self._sent], NoticeFate.SENT)
        await self._settle([row for row in waiting if row.expires_at <= now], NoticeFate.EXPIRED)
        fresh = [row for row in waiting if row.expires_at > now]
        if not fresh:
            return LOOK_EVERY_S
        told = fresh if len(fresh) >= BUNDLED_FROM else fresh[:1]
        try:
            await self._messenger.send(self._text(told))
        except (MessageRefused, msgspec.ValidationError) as error:
            logger.error("what people were to be told is given up: %s", error)  # noqa: TRY400 - its text says it all
            await self._settle(told, NoticeFate.REFUSED)
            return PACE_S
        self._pause_s, self._told_away = FIRST_PAUSE_S, False
        self._sent.update(row.id for row in told)
        await self._settle(told, NoticeFate.SENT)
        return PACE_S

    def _text(self, rows: Sequence[NoticeRow]) -> str:
        notices = [_decoder.decode(row.body) for row in rows]
        text = written(notices[0], self._address) if len(notices) == 1 else bundled(notices, self._address)
        return text[:MESSAGE_AT_MOST]

    async def _settle(self, rows: Sequence[NoticeRow], fate: NoticeFate) -> None:
        if not rows:
            return
        ids = [row.id for row in rows]
        await self._notices.settle(self._fence, ids, fate, self._tools.clock.now())
        self._sent.difference_update(ids)
        self._tools.metrics.notices.labels(fate).inc(len(ids))


_decoder: msgspec.json.Decoder[Notice] = msgspec.json.Decoder(Notice)
