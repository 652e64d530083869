"""Where time comes from: the calendar for what is recorded, the monotonic clock for what is awaited.

Domain code takes `now` as an argument; whatever waits, expires or measures takes a `Clock`.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Both times a process may ask for."""

    def now(self) -> datetime:
        """The calendar's time, aware, in UTC. It may jump, in either direction, when the machine's clock is set."""
        ...

    def monotonic(self) -> float:
        """Seconds since an arbitrary start: never goes back, comparable only within this process."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> datetime:
        """The machine's time in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds of the machine's monotonic clock."""
        return time.monotonic()


class SteppedClock:
    """A clock that moves only when told to, for tests, replays and simulations."""

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
