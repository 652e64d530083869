"""The sandbox's webhooks: signed as Stripe signs them, and sent again, as Stripe does, until they are taken."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

import aiohttp
import msgspec

from ops.sandbox.book import Thing, told
from ops.sandbox.till import Delivery, Till
from syspark.clock import Clock

logger = logging.getLogger(__name__)

LATER_S = 15.0
TIMES_OFTEN = 3
ANSWERED_WITHIN_S = 10.0
AGAIN_AFTER_S = (1.0, 2.0, 5.0, 15.0, 60.0)
LOOK_EVERY_S = 0.2
Sign = Callable[[str, int], str]
"""Signs a body at a time: the header that proves it."""


@dataclass
class _Sending:
    due_s: float
    tries: int = 0
    task: asyncio.Task[None] | None = field(default=None, repr=False)


class Webhooks:
    """Sends what the till has recorded. Waits are the machine's: who tries a late webhook out sits before it."""

    def __init__(self, till: Till, clock: Clock, sign: Sign, url: Callable[[], str | None]) -> None:
        """`url` is where to, None as long as nobody listens there."""
        self._till, self._clock, self._sign, self._url = till, clock, sign, url
        self._sending: dict[str, _Sending] = {}

    async def run(self) -> None:
        """Send until cancelled."""
        loop = asyncio.get_running_loop()
        timeout = aiohttp.ClientTimeout(total=ANSWERED_WITHIN_S)
        async with aiohttp.ClientSession(timeout=timeout) as session, asyncio.TaskGroup() as group:
            while True:
                await self._till.end_what_is_over()
                for event in self._till.book.all("event"):
                    waits_s = LATER_S if event["_how"] == Delivery.LATER else 0.0
                    sending = self._sending.setdefault(event["id"], _Sending(loop.time() + waits_s))
                    if sending.task is None and loop.time() >= sending.due_s:
                        name = f"sandbox webhook {event['id']}"
                        sending.task = group.create_task(self._send(session, event, sending), name=name)
                await asyncio.sleep(LOOK_EVERY_S)

    async def _send(self, session: aiohttp.ClientSession, event: Thing, sending: _Sending) -> None:
        times = TIMES_OFTEN if event["_how"] == Delivery.OFTEN else 1
        taken = await asyncio.gather(*(self._post(session, event) for _ in range(times)))
        if all(taken):
            await self._till.book.keep(event | {"pending_webhooks": 0})
            del self._sending[event["id"]]
            return
        again_s = AGAIN_AFTER_S[min(sending.tries, len(AGAIN_AFTER_S) - 1)]
        sending.due_s = asyncio.get_running_loop().time() + again_s
        sending.tries += 1
        sending.task = None

    async def _post(self, session: aiohttp.ClientSession, event: Thing) -> bool:
        url = self._url()
        if url is None:
            return False
        body = msgspec.json.encode(told(event)).decode()
        signature = self._sign(body, int(self._clock.now().timestamp()))
        headers = {"Stripe-Signature": signature, "Content-Type": "application/json; charset=utf-8"}
        try:
            async with session.post(url, data=body.encode(), headers=headers, allow_redirects=False) as response:
                return response.status < 300
        except (aiohttp.ClientError, TimeoutError) as error:
            logger.info("sandbox: a webhook was not taken (%s)", type(error).__name__)
            return False
