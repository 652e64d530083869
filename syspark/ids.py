"""Ids made by the writer, in the order it made them: UUID version 7 (RFC 9562, section 5.7).

A row's id is chosen before the row is sent, so that an insert tried again after a lost answer is the same row.
"""

import os
import threading
from datetime import UTC, datetime, timedelta
from uuid import UUID

from syspark.clock import Clock

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_LAST_MILLISECOND = (1 << 48) - 1
_TAIL_END = 1 << 74
_RAND_B = (1 << 62) - 1
_VERSION_7 = 0x7 << 76
_VARIANT = 0b10 << 62


class IdSource:
    """Makes UUIDs that sort in the order they were made, one source per process; safe to call from any thread.

    Within one millisecond, and while the clock stands still or goes back, the 74 bits after the time count up by a
    random step (RFC 9562, section 6.2, method 2): ids stay ordered, and one does not tell the next.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._millisecond = -1
        self._tail = 0

    def new(self) -> UUID:
        """The next id. Raises ValueError when the clock is before 1970 or after the year 10889."""
        millisecond = (self._clock.now() - _EPOCH) // _MILLISECOND
        if millisecond < 0:
            raise ValueError("the clock is before 1970")
        with self._lock:
            if millisecond > self._millisecond:
                self._millisecond, self._tail = millisecond, _fresh_tail()
            else:
                self._tail += 1 + int.from_bytes(os.urandom(4), "big")
                if self._tail >= _TAIL_END:
                    self._millisecond, self._tail = self._millisecond + 1, _fresh_tail()
            millisecond, tail = self._millisecond, self._tail
        if millisecond > _LAST_MILLISECOND:
            raise ValueError("the clock is beyond what 48 bits of milliseconds can say")
        return UUID(int=millisecond << 80 | _VERSION_7 | (tail >> 62) << 64 | _VARIANT | tail & _RAND_B)


def _fresh_tail() -> int:
    """73 random bits: the top one is left free, so that counting up does not overflow soon."""
    return int.from_bytes(os.urandom(10), "big") >> 7
