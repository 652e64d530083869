"""The days of a site's own clocks, as stretches in which they neither jump nor repeat."""

import functools
from collections.abc import Iterator
from datetime import date, datetime, time, tzinfo
from typing import NamedTuple

DAY_S = 86_400
_EPOCH = date(1970, 1, 1).toordinal()


class Run(NamedTuple):
    """A part of a local day, from `begins` to before `ends` in seconds of the epoch, in which the clocks run on.

    `midnight` is what they would have shown second 0 of the day at. `repeated`: the seconds of this day that its clocks
    show twice.
    """

    day: int
    begins: int
    ends: int
    midnight: int
    repeated: tuple[int, int] | None = None


def runs(since: int, until: int, zone: tzinfo) -> Iterator[Run]:
    """The local days between two instants, in order; the first and the last may reach beyond them."""
    day = datetime.fromtimestamp(since, zone).date().toordinal()
    while True:
        of_day = _of_day(day, zone)
        if of_day[0].begins >= until:
            return
        yield from of_day
        day += 1


@functools.lru_cache(maxsize=2048)
def _of_day(day: int, zone: tzinfo) -> tuple[Run, ...]:
    begins, ends = _midnight(day, zone), _midnight(day + 1, zone)
    before, after = _offset(begins, zone), _offset(ends - 1, zone)
    shown = (day - _EPOCH) * DAY_S
    if before == after:
        return (Run(day, begins, ends, shown - before),)
    turn = _turn(begins, ends - 1, zone)
    repeated = (turn + after - shown, turn + before - shown) if after < before else None
    return (Run(day, begins, turn, shown - before, repeated), Run(day, turn, ends, shown - after, repeated))


def _midnight(day: int, zone: tzinfo) -> int:
    return int(datetime.combine(date.fromordinal(day), time(), zone).timestamp())


def _offset(at: int, zone: tzinfo) -> int:
    offset = datetime.fromtimestamp(at, zone).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


def _turn(low: int, high: int, zone: tzinfo) -> int:
    """The first second with the offset of `high`, by halving."""
    wanted = _offset(high, zone)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _offset(middle, zone) == wanted else (middle, high)
    return high
