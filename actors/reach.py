"""Whether this worker reaches the broker, and since when it does not.

Its links tell while they hear their own markers. A worker without such a link, which stands by or has lost the broker,
tries with a connection of its own, which holds no session.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Protocol
from uuid import uuid4

from actors.tools import Tools
from syspark.errors import Unavailable
from syspark.ports import Broker, BrokerConnection, Delivery

LOOK_EVERY_S = 1.0
THERE_WITHIN_S = 2.5
STRANDED_AFTER_S = 5.0
ANSWER_WITHIN_S = 3.0


class Ears(Protocol):
    """The links of a worker, together."""

    @property
    def partitions(self) -> Sequence[int]:
        """The partitions held."""

    @property
    def hearing(self) -> bool:
        """Whether any of them reaches the broker now."""


class Reach:
    """One per worker; `run` keeps it true."""

    def __init__(self, ears: Ears, broker: Broker, deployment: str, tools: Tools) -> None:
        self._ears = ears
        self._broker = broker
        self._client_id = f"syspark-{deployment}-reach-{uuid4().hex[:12]}"
        self._tools = tools
        self._own: BrokerConnection | None = None
        self._reached_at = tools.machine.monotonic()

    @property
    def is_there(self) -> bool:
        """Whether the broker was reached just now."""
        return self._tools.machine.monotonic() - self._reached_at < THERE_WITHIN_S

    @property
    def is_stranded(self) -> bool:
        """Whether it has not been reached for so long that another worker should have the partitions."""
        return self._tools.machine.monotonic() - self._reached_at > STRANDED_AFTER_S

    async def run(self) -> None:
        """Look until cancelled."""
        try:
            while True:
                await self._tools.timers.sleep(LOOK_EVERY_S)
                await self._look()
        finally:
            await self._hang_up()

    def delivered(self, delivery: Delivery) -> None:
        """Nothing is subscribed to."""

    def lost(self, reason: str) -> None:
        """The connection of our own has ended."""
        self._own = None

    async def _look(self) -> None:
        if self._ears.hearing:
            await self._hang_up()
        elif self._own is None and not await self._call():
            return
        self._reached_at = self._tools.machine.monotonic()

    async def _call(self) -> bool:
        """Try once, and no longer than a broker that is there takes to answer."""
        calling = self._tools.owned.start(
            "reach", self._broker.connect(self._client_id, self, lasting=False), awaited=True
        )
        alarm = self._tools.timers.wake_after(ANSWER_WITHIN_S, calling.cancel)
        try:
            self._own = await calling
        except Unavailable:
            return False
        except asyncio.CancelledError:
            if not calling.cancelled() or (task := asyncio.current_task()) is None or task.cancelling():
                raise
            return False
        finally:
            alarm.cancel()
            calling.cancel()
        return True

    async def _hang_up(self) -> None:
        own, self._own = self._own, None
        if own is not None:
            with contextlib.suppress(Unavailable):
                await own.close()
