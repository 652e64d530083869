"""What happens after an actor crashed."""

from __future__ import annotations

import enum
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple, TypeVar

from actors.runtime.keeper import Kept
from actors.runtime.timers import Timers
from syspark.clock import Clock

logger = logging.getLogger(__name__)

R = TypeVar("R")


class Key(NamedTuple):
    """Which actor, over all its lives."""

    kind: str
    id: str


class Fate(enum.Enum):
    """What became of the message an actor crashed on."""

    RETRY = enum.auto()
    """It is still to be done: the next instance will meet it again. The crash counts."""

    PARKED = enum.auto()
    """It is out of the way: neither this crash nor the earlier ones on an equal message count any more."""


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """When a crashed actor comes back, and when it does not."""

    intensity: int = 5
    """Restarts allowed within ``window_s``; the crash after that escalates."""
    window_s: float = 30.0
    """Also the healthy time after which the back-off begins anew."""
    first_delay_s: float = 0.1
    longest_delay_s: float = 10.0
    factor: float = 2.0
    jitter: float = 0.2
    """The delay is spread by this share to both sides, so that what failed together does not return together."""

    def delay_s(self, streak: int, rng: Random) -> float:
        """The pause before the restart after ``streak`` crashes in a row."""
        delay_s = min(self.longest_delay_s, self.first_delay_s * self.factor ** min(streak - 1, 60))
        return delay_s * (1.0 + self.jitter * (2.0 * rng.random() - 1.0))


@dataclass(slots=True)
class _Record:
    streak: int = 0
    last_crash: float = 0.0
    counted: list[tuple[float, object]] = field(default_factory=list)


class Supervisor:
    """Brings crashed actors back, each by its own factory, and gives up one that crashes too often.

    ``on_crash(key, message, error)`` is asked before each restart what became of the message (None: the actor
    failed to start); exceptions of the ``infrastructure`` types are nobody's fault: they are neither asked about
    nor counted, only delayed. ``escalate(key, error)`` hears of an actor given up; it may `Directory.fail` the
    parent, or end the process. Actors that never crashed cost nothing here.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        timers: Timers,
        rng: Random,
        on_crash: Callable[[Key, object, Exception], Awaitable[Fate]],
        escalate: Callable[[Key, Exception], None],
        infrastructure: tuple[type[Exception], ...] = (),
        policy: RestartPolicy | None = None,
    ) -> None:
        self._clock = clock
        self._timers = timers
        self._rng = rng
        self._on_crash = on_crash
        self._escalate = escalate
        self._infrastructure = infrastructure
        self._policy = policy or RestartPolicy()
        self._records: dict[Key, _Record] = {}

    async def recover(
        self, key: Key, actor: Kept, message: object, error: Exception, restart: Callable[[], Awaitable[R]]
    ) -> R | None:
        """Wait for what the dead instance has under way, then restart, or return None after escalating.

        A failure of ``restart`` itself is a crash without a message.
        """
        await actor.departed()
        while True:
            delay_s = await self._judge(key, message, error)
            if delay_s is None:
                self._records.pop(key, None)
                self._escalate(key, error)
                return None
            logger.warning("%s %s is restarted in %.3f s", key.kind, key.id, delay_s)
            await self._timers.sleep(delay_s)
            try:
                return await restart()
            except Exception as failure:
                logger.exception("%s %s could not be restarted", key.kind, key.id)
                message, error = None, failure

    async def _judge(self, key: Key, message: object, error: Exception) -> float | None:
        policy, now = self._policy, self._clock.monotonic()
        self._forget_healthy(now)
        record = self._records.setdefault(key, _Record())
        record.streak += 1
        record.last_crash = now
        record.counted = [(at, crashed_on) for at, crashed_on in record.counted if now - at < policy.window_s]
        if not isinstance(error, self._infrastructure):
            record.counted.append((now, message))
            if await self._ask_fate(key, message, error) is Fate.PARKED:
                record.counted = [(at, crashed_on) for at, crashed_on in record.counted if crashed_on != message]
                record.streak = len(record.counted) + 1  # what made it crash is gone: no long pause for what comes next
        if len(record.counted) > policy.intensity:
            return None
        return policy.delay_s(record.streak, self._rng)

    async def _ask_fate(self, key: Key, message: object, error: Exception) -> Fate:
        try:
            return await self._on_crash(key, message, error)
        except Exception:
            logger.exception("the fate of the message that crashed %s %s could not be settled", key.kind, key.id)
            return Fate.RETRY

    def _forget_healthy(self, now: float) -> None:
        # The longest pause is lived through dead, so it does not count as healthy time.
        healthy_s = self._policy.window_s + self._policy.longest_delay_s * (1.0 + self._policy.jitter)
        for key in [key for key, record in self._records.items() if now - record.last_crash >= healthy_s]:
            del self._records[key]
