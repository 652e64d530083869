"""How many of the vehicles before a camera it reads, and whether that has become worse.

Source: domain.md, "Devices, health": the rate over 50 cars, an alarm 10 points below its norm of 7 days.
"""

from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from syspark.domain.units import Lane, Side

CARS = 50
NORM_DAYS = 7
BELOW = 0.10
ENOUGH = 200
"""Vehicles before there is a norm: that of a new camera says nothing yet."""


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """How many vehicles came by on a day, in UTC, and how many of them were read."""

    day: str
    cars: int
    good: int


class ReadRate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`cars` and `good` of the 50 that are being counted; `last` is the rate of the 50 before, `norm` what it was
    compared with; `is_low`: it lay too far below.
    """

    cars: int = 0
    good: int = 0
    days: tuple[Day, ...] = ()
    last: float | None = None
    norm: float | None = None
    is_low: bool = False


def place(lane: Lane | None, side: Side) -> str:
    """What tells a camera from the others of its gateway; of a lane's front camera, the lane."""
    return (lane or "") if side is Side.FRONT else f"{lane or ''} {side}".strip()


def counted(rate: ReadRate, at: datetime, *, good: bool) -> ReadRate:
    """The rate after one vehicle more."""
    rate = replace(rate, cars=rate.cars + 1, good=rate.good + good)
    if rate.cars < CARS:
        return rate
    since = (at - timedelta(days=NORM_DAYS)).date().isoformat()
    days = tuple(day for day in rate.days if day.day >= since)
    cars, read = sum(day.cars for day in days), sum(day.good for day in days)
    last, norm = rate.good / rate.cars, read / cars if cars >= ENOUGH else None
    today = next((day for day in days if day.day == at.date().isoformat()), None)
    day = Day(
        day=at.date().isoformat(),
        cars=rate.cars + (today.cars if today else 0),
        good=rate.good + (today.good if today else 0),
    )
    others = tuple(one for one in days if one is not today)
    is_low = norm is not None and last <= norm - BELOW
    return ReadRate(days=(*others, day), last=last, norm=norm, is_low=is_low)
