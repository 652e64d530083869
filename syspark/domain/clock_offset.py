"""By how much a device's clock is wrong, measured from the times its live messages tell.

A live message counts when it is received, its own time only measures the clock; a replayed one counts by its own time,
put right by what was measured. Source: domain.md, "Offline sites"; contract.md, "Bad input".
"""

from collections.abc import Sequence

import msgspec

KEPT = 10
"""So many of the latest measurements tell; three at least, since one may have been on its way for long."""
ENOUGH = 3
GRAIN_S = 1.0
"""Devices tell the time in whole seconds at worst."""
MOVED_S = 2.0
"""A smaller change is the way's, not the clock's."""
WRONG_S = 30.0
"""From here on somebody should set the clock."""


class ClockOffset(msgspec.Struct, frozen=True):
    """A clock is `seconds` ahead of ours, behind where negative; the truth may be off by `unsure_s` either way."""

    seconds: float
    unsure_s: float


def offset_of(ahead_s: Sequence[float]) -> ClockOffset | None:
    """What the latest measurements tell (device's time minus ours, in seconds); None while there are too few.

    A message is only ever late: the greatest is the one that was least on its way, and those next to it say how sure
    that is. One that was on its way for long says nothing.
    """
    if len(ahead_s) < ENOUGH:
        return None
    best = sorted(ahead_s)[-ENOUGH:]
    return ClockOffset(round(best[-1], 3), round(best[-1] - best[0] + GRAIN_S, 3))


def is_wrong(offset_s: float | None) -> bool:
    """Whether somebody should set the clock."""
    return offset_s is not None and abs(offset_s) >= WRONG_S
