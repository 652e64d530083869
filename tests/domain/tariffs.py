"""Tariffs and stays by chance, and tariffs that bills by hand are computed from."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from syspark.domain.access import windows_of
from syspark.domain.tariff import Band, CapBy, Credit, CreditFor, Discount, Event, Package, Tariff
from syspark.domain.units import Cents

PARIS = "Europe/Paris"
ZONES = (PARIS, "Australia/Lord_Howe", "America/Havana", "UTC")
STEPS = (1, 5, 7, 10, 15, 20, 30, 60)
WEEKS = tuple(
    windows_of(text)
    for text in (
        "mon-fri 08:00-18:00",
        "mon-sun 20:00-08:00",
        "sat-sun 00:00-24:00",
        "fri 22:30-02:30",
        "sun 01:30-02:45",
    )
)
FLATS = tuple((hours, fixed) for hours in WEEKS for fixed in (False, True))


def local(text: str, zone: str = PARIS, *, second_time: bool = False) -> datetime:
    """A time as a wall clock shows it; of an hour that comes twice the first or the second time."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=int(second_time)).astimezone(UTC)


def any_tariff(chance: Random) -> Tariff:
    """A tariff of any shape."""
    step = chance.choice(STEPS)
    packages = [
        Package(name=f"flat-{place}", price_cents=Cents(chance.randrange(0, 1500)), hours=hours, fixed=fixed)
        for place, (hours, fixed) in enumerate(chance.sample(FLATS, chance.choice((0, 0, 1, 2))))
    ]
    if chance.random() < 0.2:
        since = any_moment(chance)
        events = (Event(since=since, until=since + timedelta(minutes=chance.randrange(30, 600))),)
        packages.append(Package(name="match", price_cents=Cents(900), events=events, fixed=chance.random() < 0.5))
    longest = chance.choice((None, None, None, chance.randrange(60, 3000)))
    return Tariff(
        free_minutes=chance.choice((0, 10, 30, 45)),
        step_minutes=step,
        step_cents=Cents(chance.randrange(0, 300)),
        cap_cents=Cents(chance.randrange(100, 4000)),
        cap_by=chance.choice(list(CapBy)),
        bands=tuple(
            Band(name=f"band-{place}", hours=hours, step_cents=Cents(chance.randrange(0, 300)))
            for place, hours in enumerate(chance.sample(WEEKS, chance.choice((0, 0, 1, 2))))
        ),
        packages=tuple(packages),
        holidays=(date(2026, 3, 27), date(2026, 10, 26)) if chance.random() < 0.3 else (),
        longest_minutes=longest,
        beyond_step_cents=Cents(chance.randrange(0, 500)) if longest is not None else Cents(0),
    )


def any_moment(chance: Random) -> datetime:
    """A moment in the two weeks around a change of the clocks of Paris."""
    around = chance.choice((local("2026-03-29 00:00"), local("2026-10-25 00:00")))
    return around + timedelta(seconds=chance.randrange(-5 * 86_400, 5 * 86_400))


def any_stay_s(chance: Random) -> int:
    """Mostly some hours, sometimes weeks."""
    return int(chance.choice((7_200, 36_000, 200_000, 2_000_000)) * chance.random())


def any_credits(chance: Random, entered_at: datetime) -> tuple[Credit, ...]:
    """Mostly none."""
    made: list[Credit] = []
    if chance.random() < 0.2:
        made.append(Credit(why=CreditFor.QUEUE, seconds=chance.randrange(1, 1800)))
    while chance.random() < 0.2:
        since = entered_at + timedelta(seconds=chance.randrange(-3600, 20_000))
        made.append(Credit(why=CreditFor.OUTAGE, seconds=chance.randrange(1, 7200), since=since))
    return tuple(made)


def any_discounts(chance: Random) -> tuple[Discount, ...]:
    """Mostly none."""
    made: list[Discount] = []
    while chance.random() < 0.25:
        budget = chance.choice((None, Cents(chance.randrange(0, 1000))))
        by = f"shop {len(made)}"
        made.append(
            chance.choice(
                (
                    Discount(by=by, minutes=chance.randrange(1, 240), budget_cents=budget),
                    Discount(by=by, percent=chance.randrange(1, 101), budget_cents=budget),
                    Discount(by=by, cents=Cents(chance.randrange(1, 800)), budget_cents=budget),
                )
            )
        )
    return tuple(made)
