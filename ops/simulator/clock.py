"""One clock for a simulated field and a service beside it, faster than the world's. For trying out and tests only.

Every process that is given the same anchor and speed reads the same time: `syspark simulate --speed 60` and a worker
that shares its clock agree on how old a badge is.
"""

import asyncio
import time
from datetime import UTC, datetime, timedelta

from actors.runtime import Timers
from syspark.clock import Clock

FASTEST = 600.0


class ScaledClock:
    """`Clock` that runs `speed` times as fast as the machine's since `anchor`, a moment of the machine's calendar."""

    def __init__(self, speed: float, anchor: datetime | None = None) -> None:
        """Raises ValueError for a speed outside 0.1 to 600, or a naive anchor."""
        if not 0.1 <= speed <= FASTEST:
            raise ValueError(f"a clock runs 0.1 to {FASTEST:g} times as fast as the world's")
        if anchor is not None and anchor.utcoffset() is None:
            raise ValueError("a clock's anchor is an aware time")
        self.speed = speed
        self.anchor = (anchor or datetime.now(UTC)).astimezone(UTC)
        # Counted from here on the monotonic clock: a step of the machine's calendar would be a leap of `speed` steps.
        self._passed_s = (datetime.now(UTC) - self.anchor).total_seconds()
        self._read_at_s = time.monotonic()

    @classmethod
    def parse(cls, text: str) -> "ScaledClock":
        """Read what `str` wrote, so that another process shares the clock. Raises ValueError."""
        speed, _, anchor = text.partition("@")
        return cls(float(speed), datetime.fromisoformat(anchor) if anchor else None)

    def __str__(self) -> str:
        return f"{self.speed:g}@{self.anchor.isoformat()}"

    def now(self) -> datetime:
        """The scaled calendar, in UTC."""
        passed_s = self._passed_s + time.monotonic() - self._read_at_s
        return self.anchor + timedelta(seconds=passed_s * self.speed)

    def monotonic(self) -> float:
        """Scaled seconds of the machine's monotonic clock."""
        return time.monotonic() * self.speed


class ScaledTimers(Timers):
    """`Timers` on a `ScaledClock`: the loop, which wakes them, counts the world's seconds."""

    def __init__(self, clock: ScaledClock) -> None:
        super().__init__(clock)
        self._scaled = clock

    def _set_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if len(self):
            delay_s = max(0.0, self._heap[0].due - self._scaled.monotonic()) / self._scaled.speed
            self._alarm = asyncio.get_running_loop().call_later(delay_s, self.fire)


def world_seconds(clock: Clock, seconds: float) -> float:
    """How long `seconds` of a clock last in the world."""
    return seconds / clock.speed if isinstance(clock, ScaledClock) else seconds


async def sleep(clock: Clock, seconds: float) -> None:
    """Wait `seconds` of a clock."""
    await asyncio.sleep(world_seconds(clock, seconds))
