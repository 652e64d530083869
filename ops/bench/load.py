"""The load: badges at the readers of many sites, and the wait for the barrier command that each leads to.

Commands name no badge, but those of one lane come in the order of its reads: a site decides one row after the other.
"""

import asyncio
import itertools
import random
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from ops.bench.population import uid
from ops.bench.wire import WireClient
from syspark.domain.units import Lane
from syspark.errors import PermanentError

BARRIERS = {Lane.ENTRY: "barriere_entree", Lane.EXIT: "barriere"}
LAST_ANSWER_WITHIN_S = 15.0
WOKEN_AT_ONCE = 20


class Unanswered(PermanentError):  # noqa: N818 - names what happened
    """Reads that no command followed: what was measured is not worth showing."""


@dataclass(slots=True)
class _Reader:
    """One site's reader of a lane: the next badge to be read, and when those without an answer were."""

    topic: str
    badges: "itertools.count[int]"
    waiting: deque[float] = field(default_factory=deque)


class Load:
    """The readers of some sites at one lane, on one MQTT root. `first` is the first badge to be read at each."""

    def __init__(self, root: str, sites: Sequence[str], lane: Lane, first: int) -> None:
        self._lane = lane
        self._readers = [_Reader(f"{root}/{site}/barriere", itertools.count(first)) for site in sites]
        self._by_command = {
            f"{root}/{site}/{BARRIERS[lane]}/cmd": reader for site, reader in zip(sites, self._readers, strict=True)
        }
        self._client: WireClient
        self._latencies: list[float] = []
        self._again = False
        self._settling = asyncio.Event()
        self._reached = asyncio.Event()
        self._wanted = 0
        self.answered = 0
        """Commands so far."""

    async def connect(self, host: str, port: int) -> Self:
        """Be there. Raises `Unavailable`."""
        name = f"bench-{random.getrandbits(32):08x}"
        self._client = await WireClient.connect(host, port, name, self._received, list(self._by_command))
        return self

    def close(self) -> None:
        """Be gone."""
        self._client.close()

    async def warm_up(self) -> float:
        """One read at every site, so that every actor is there; the seconds until all are answered.

        Raises `Unanswered`.
        """
        began = time.perf_counter()
        # Not all at once: what is decided more than 10 s after its read opens nothing.
        for first in range(0, len(self._readers), WOKEN_AT_ONCE):
            for reader in self._readers[first : first + WOKEN_AT_ONCE]:
                self._read(reader)
            await self._settled()
        return time.perf_counter() - began

    async def throughput(self, seconds: float, at_once: int) -> float:
        """Commands per second with so many reads of each site under way all the time. Raises `Unanswered`."""
        self._again = True
        for reader in self._readers:
            for _ in range(at_once):
                self._read(reader)
        under_way = self._under_way
        await self._further(under_way)  # by then batches have their size
        began, before = time.perf_counter(), self.answered
        await asyncio.sleep(seconds)
        await self._further(under_way)  # on a slow disk answers come in waves: count whole ones
        rate = (self.answered - before) / (time.perf_counter() - began)
        self._again = False
        await self._settled()
        return rate

    async def latencies(self, rate: float, seconds: float, seed: int) -> list[float]:
        """Seconds from each read to its command, at so many reads a second of all sites together, at random times.

        Raises `Unanswered`.
        """
        chance = random.Random(seed)  # noqa: S311 - the same load for everyone
        self._latencies = []
        began = time.perf_counter()
        due = chance.expovariate(rate)
        while due < seconds:
            left = due - (time.perf_counter() - began)
            if left > 0:
                await asyncio.sleep(left)
            self._read(chance.choice(self._readers))
            due += chance.expovariate(rate)
        await self._settled()
        return self._latencies

    def _read(self, reader: _Reader) -> None:
        badge = next(reader.badges)
        reader.waiting.append(time.perf_counter())
        self._client.publish(reader.topic, b'{"uid":"%s","lane":"%s"}' % (uid(badge).encode(), self._lane.encode()))

    def _received(self, topic: str, _payload: bytes) -> None:
        reader = self._by_command[topic]
        if not reader.waiting:
            raise Unanswered(f"{topic} was commanded without a read")
        self._latencies.append(time.perf_counter() - reader.waiting.popleft())
        self.answered += 1
        if self.answered >= self._wanted:
            self._reached.set()
        if self._again:
            self._read(reader)
        elif not self._under_way:
            self._settling.set()

    @property
    def _under_way(self) -> int:
        return sum(len(reader.waiting) for reader in self._readers)

    async def _further(self, count: int) -> None:
        """Wait for so many more commands."""
        self._wanted = self.answered + count
        self._reached.clear()
        try:
            async with asyncio.timeout(LAST_ANSWER_WITHIN_S):
                await self._reached.wait()
        except TimeoutError:
            raise Unanswered(f"not {count} commands within {LAST_ANSWER_WITHIN_S:.0f} s") from None

    async def _settled(self) -> None:
        self._settling.clear()
        if not self._under_way:
            return
        try:
            async with asyncio.timeout(LAST_ANSWER_WITHIN_S):
                await self._settling.wait()
        except TimeoutError:
            raise Unanswered(f"{self._under_way} reads led to no command within {LAST_ANSWER_WITHIN_S:.0f} s") from None
