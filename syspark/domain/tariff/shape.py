"""What a site asks for parking. Source: domain.md, "Tariffs"; docs/tariffs.md says how it is read."""

import enum
from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated

import msgspec

from syspark.domain.access import Window
from syspark.domain.units import Cents

Minutes = Annotated[int, msgspec.Meta(ge=0, le=366 * 1440)]
Price = Annotated[Cents, msgspec.Meta(ge=0, le=10_000_000)]


class CapBy(enum.StrEnum):
    """What a started day is: 24 hours of what is billed, or a day of the site's calendar."""

    ROLLING = "rolling"
    CALENDAR = "calendar"


class Band(msgspec.Struct, frozen=True, kw_only=True):
    """Hours of the week in which a step that begins costs `step_cents` instead."""

    name: str
    hours: tuple[Window, ...]
    step_cents: Price


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """An evening of an event calendar: from when to when, as instants."""

    since: datetime
    until: datetime


class Package(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An announced flat: what begins in its hours, or in one of its events, costs `price_cents` together.

    `fixed`: it costs that much however short; else that much at most.
    """

    name: str
    price_cents: Price
    hours: tuple[Window, ...] = ()
    events: tuple[Event, ...] = ()
    fixed: bool = False


class Code(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A discount code: exactly one of minutes more free, so many percent, so many cents off.

    It counts from the day `first` to the day `last`, in the site's own time.
    """

    code: str
    minutes: Minutes = 0
    percent: Annotated[int, msgspec.Meta(ge=0, le=100)] = 0
    cents: Price = Cents(0)
    first: date | None = None
    last: date | None = None


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """What a right to park costs a month: announced with the rest; the right itself is a holder's."""

    name: str
    month_cents: Price


class Tariff(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A price per started step beyond the free minutes, capped per started day.

    `bands` price the steps that begin in them otherwise, `packages` limit what is paid in theirs; `holidays` are priced
    as Sundays. Beyond `longest_minutes` of stay each step costs `beyond_step_cents`, in no band or package.
    `exit_grace_minutes`: how long after paying a vehicle may take to leave; `lane_grace_minutes` where it paid at the
    exit lane. Prices include VAT at `vat_basis_points` (hundredths of a percent). `Tariff()` must mean the same for
    ever: what is left out of a stored one is read back from here.
    """

    free_minutes: Minutes = 30
    step_minutes: Annotated[int, msgspec.Meta(ge=1, le=1440)] = 15
    step_cents: Price = Cents(50)
    cap_cents: Price = Cents(2000)
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")] = "EUR"
    exit_grace_minutes: Minutes = 15
    lane_grace_minutes: Minutes = 5
    cap_by: CapBy = CapBy.ROLLING
    bands: tuple[Band, ...] = ()
    packages: tuple[Package, ...] = ()
    holidays: tuple[date, ...] = ()
    longest_minutes: Minutes | None = None
    beyond_step_cents: Price = Cents(0)
    codes: tuple[Code, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    vat_basis_points: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 2000


class TariffVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A site's tariff for stays that begin from `starts_at` on, until another version starts."""

    version: int
    starts_at: datetime
    tariff: Tariff


def in_force(versions: Iterable[TariffVersion], at: datetime) -> TariffVersion | None:
    """The version for a stay that begins at `at`: the last to have started, of two that start together the later one.

    None when all of them start later.
    """
    started = [one for one in versions if one.starts_at <= at]
    return max(started, key=lambda one: (one.starts_at, one.version), default=None)
