"""Where time comes from: the calendar for what is recorded, the monotonic clock for what is awaited.

Domain code takes `now` as an argument; whatever waits, expires or measures takes a `Clock`. Two of them may be told
apart: the field's, by which cars come, facts age and commands expire, and the machine's, by which brokers and databases
answer. They are the same wherever cars are real; a trial may let the field's run faster (decision record 11).
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

SLOWEST = 0.1
FASTEST = 600.0


class Clock(Protocol):
    """Both times a process may ask for."""

    @property
    def speed(self) -> float:
        """How many of its seconds pass in one of the machine's: 1 but in a trial."""
        ...

    def now(self) -> datetime:
        """The calendar's time, aware, in UTC. It may jump, in either direction, when the machine's clock is set."""
        ...

    def monotonic(self) -> float:
        """Seconds since an arbitrary start: never goes back, comparable only within this process."""
        ...


class SystemClock:
    """The machine's own clocks."""

    speed = 1.0

    def now(self) -> datetime:
        """The machine's time in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds of the machine's monotonic clock."""
        return time.monotonic()


class SteppedClock:
    """A clock that moves only when told to, for tests, replays and simulations."""

    speed = 1.0

    def __init__(self, start: datetime) -> None:
        """Start at `start`, which must be aware; the monotonic clock starts at zero. Raises ValueError when naive."""
        if start.utcoffset() is None:
            raise ValueError("a clock starts at an aware time")
        self._now = start.astimezone(UTC)
        self._monotonic_s = 0.0

    def now(self) -> datetime:
        """The time reached so far, in UTC."""
        return self._now

    def monotonic(self) -> float:
        """Seconds stepped so far."""
        return self._monotonic_s

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass on both clocks. Raises ValueError for a negative or non-finite number."""
        if not 0 <= seconds < float("inf"):
            raise ValueError("time only passes forwards, by a finite number of seconds")
        self._now += timedelta(seconds=seconds)
        self._monotonic_s += seconds


class ScaledClock:
    """`speed` times as fast as the machine's since `anchor`, a moment of the machine's calendar. For trials only.

    Every process of a machine that is given the same anchor and speed reads the same time.
    """

    def __init__(self, speed: float, anchor: datetime | None = None) -> None:
        """Raises ValueError for a speed outside 0.1 to 600, or a naive anchor."""
        if not SLOWEST <= speed <= FASTEST:
            raise ValueError(f"a clock runs {SLOWEST:g} to {FASTEST:g} times as fast as the world's")
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


def machine_seconds(clock: Clock, seconds: float) -> float:
    """How long the machine waits while `seconds` of a clock pass."""
    return seconds / clock.speed
