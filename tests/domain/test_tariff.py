"""What a stay costs: bills computed by hand, the computation in each one's name. Source: domain.md, "Tariffs".

Where nothing else is said: 30 minutes free, 0.50 per started 15 minutes, 20.00 per started 24 h, on the clocks of Paris
(which in 2026 go forward on 29 March at 2:00 and back on 25 October at 3:00).
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from syspark.domain.access import windows_of
from syspark.domain.tariff import (
    Band,
    CapBy,
    Code,
    Credit,
    CreditFor,
    Discount,
    Event,
    Package,
    Tariff,
    after_payment,
    discount_of,
    quote,
)
from syspark.domain.tariff.curve import curve
from syspark.domain.units import Cents
from tests.domain.tariffs import PARIS, local

STANDARD = Tariff()
NO_FREE = replace(STANDARD, free_minutes=0)
NIGHT = replace(NO_FREE, bands=(Band(name="night", hours=windows_of("mon-sun 20:00-08:00"), step_cents=Cents(20)),))
SMALL_HOURS = replace(
    NO_FREE,
    bands=(
        Band(name="night", hours=windows_of("mon-sun 22:00-02:30"), step_cents=Cents(20)),
        Band(name="early", hours=windows_of("mon-sun 02:30-06:00"), step_cents=Cents(40)),
    ),
)
EVENING = replace(
    NO_FREE, packages=(Package(name="evening", price_cents=Cents(300), hours=windows_of("mon-sun 19:00-02:00")),)
)
MATCH = replace(
    STANDARD,
    packages=(
        Package(
            name="match",
            price_cents=Cents(1000),
            events=(Event(since=local("2026-06-13 18:00"), until=local("2026-06-13 23:00")),),
            fixed=True,
        ),
    ),
)
SUNDAYS = replace(
    STANDARD,
    bands=(Band(name="sunday", hours=windows_of("sun 00:00-24:00"), step_cents=Cents(0)),),
    holidays=(date(2026, 7, 14),),
)
WORK = replace(NO_FREE, bands=(Band(name="work", hours=windows_of("mon-fri 08:00-18:00"), step_cents=Cents(100)),))
CALENDAR = replace(STANDARD, cap_by=CapBy.CALENDAR)
SPRING_NIGHT = ("2026-03-28 23:00", "2026-03-29 05:00")
OUTAGE = Credit(why=CreditFor.OUTAGE, seconds=3600, since=local("2026-06-10 12:00"))


@dataclass
class Bill:
    entered_at: datetime
    at: datetime
    cents: int
    lines: list[tuple[str, int, int]]
    tariff: Tariff = STANDARD
    credits: tuple[Credit, ...] = ()
    discounts: tuple[Discount, ...] = field(default=())


def stay(begins: str, ends: str) -> tuple[datetime, datetime]:
    return local(f"2026-06-10 {begins}"), local(f"2026-06-{ends}")


BY_HAND = {
    "0 h 30 m 00 s: all of it free": Bill(*stay("10:00", "10 10:30"), 0, []),
    "0 h 30 m 01 s: 1 s beyond = 1 step = 0.50": Bill(*stay("10:00", "10 10:30:01"), 50, [("step", 1, 50)]),
    "0 h 45 m 01 s: 15 m 1 s beyond = 2 steps = 1.00": Bill(*stay("10:00", "10 10:45:01"), 100, [("step", 2, 50)]),
    "2 h 00 m: 90 m beyond = 6 steps = 3.00": Bill(*stay("10:00", "10 12:00"), 300, [("step", 6, 50)]),
    "10 h 30 m: 600 m beyond = 40 steps = 20.00, the cap to the cent": Bill(
        *stay("10:00", "10 20:30"), 2000, [("step", 40, 50)]
    ),
    "10 h 31 m: 41 steps = 20.50, capped at 20.00": Bill(*stay("10:00", "10 20:31"), 2000, [("day", 1, 2000)]),
    "24 h 30 m: 24 h beyond = 1 day = 20.00": Bill(*stay("10:00", "11 10:30"), 2000, [("day", 1, 2000)]),
    "24 h 31 m: 1 day + 1 m = 20.00 + 0.50 = 20.50": Bill(
        *stay("10:00", "11 10:31"), 2050, [("day", 1, 2000), ("step", 1, 50)]
    ),
    "73 h: 72 h 30 m beyond = 3 days + 2 steps = 61.00": Bill(
        *stay("10:00", "13 11:00"), 6100, [("day", 3, 2000), ("step", 2, 50)]
    ),
    "4 h at 10 free, 0.70 per 20 m: 230 m = 12 steps = 8.40": Bill(
        *stay("10:00", "10 14:00"),
        840,
        [("step", 12, 70)],
        Tariff(free_minutes=10, step_minutes=20, step_cents=Cents(70)),
    ),
    "30 h at 0.10 per h: 29 h 30 m = 30 steps = 3.00, no day at its cap": Bill(
        *stay("10:00", "11 16:00"), 300, [("step", 30, 10)], Tariff(step_minutes=60, step_cents=Cents(10))
    ),
    "spring night 23:00 to 5:00: the clock says 6 h, 5 h passed, 270 m = 18 steps = 9.00": Bill(
        local("2026-03-28 23:00"), local("2026-03-29 05:00"), 900, [("step", 18, 50)]
    ),
    "autumn night 23:00 to 5:00: the clock says 6 h, 7 h passed, 390 m = 26 steps = 13.00": Bill(
        local("2026-10-24 23:00"), local("2026-10-25 05:00"), 1300, [("step", 26, 50)]
    ),
    "spring, 1:30 to 3:30 is 1 h: 2 steps of the night + 2 from 3:00 at 0.40 = 0.40 + 0.80 = 1.20": Bill(
        local("2026-03-29 01:30"),
        local("2026-03-29 03:30"),
        120,
        [("step", 2, 20), ("step", 2, 40)],
        SMALL_HOURS,
    ),
    "autumn, 1:30 to 3:30 is 3 h: 2 + 8 (2:00 to 3:00 twice, the cheaper) of 0.20, 2 of 0.40 = 2.00 + 0.80": Bill(
        local("2026-10-25 01:30"),
        local("2026-10-25 03:30"),
        280,
        [("step", 10, 20), ("step", 2, 40)],
        SMALL_HOURS,
    ),
    "leap day, by the calendar: 28 Feb from 12:30, 46 steps; 29 Feb; 1 Mar to 12:00, 48 steps: 3 caps = 60.00": Bill(
        local("2028-02-28 12:00"), local("2028-03-01 12:00"), 6000, [("day", 3, 2000)], CALENDAR
    ),
    "22:00 to 6:00 capped at 5.00 a day of the calendar: 6 steps before midnight = 3.00, then 5.00 = 8.00": Bill(
        *stay("22:00", "11 06:00"), 800, [("step", 6, 50), ("day", 1, 500)], replace(CALENDAR, cap_cents=Cents(500))
    ),
    "19:00 to 9:00, night 20:00 to 8:00 at 0.20: 4 x 0.50 + 48 x 0.20 + 4 x 0.50 = 13.60": Bill(
        *stay("19:00", "11 09:00"), 1360, [("step", 8, 50), ("step", 48, 20)], NIGHT
    ),
    "19:50 to 20:20 over the edge of a band: a step begun at 19:50, one at 20:05 = 0.50 + 0.20": Bill(
        *stay("19:50", "10 20:20"), 70, [("step", 1, 50), ("step", 1, 20)], NIGHT
    ),
    "18:00 to 1:00, evening from 19:00 at 3.00: 4 steps + 24 steps = 12.00 but 3.00 = 5.00": Bill(
        *stay("18:00", "11 01:00"), 500, [("step", 4, 50), ("package", 1, 300)], EVENING
    ),
    "19:00 to 20:00 in the evening of 3.00: 4 steps = 2.00 are less": Bill(
        *stay("19:00", "10 20:00"), 200, [("step", 4, 50)], EVENING
    ),
    "20:00 to 20:40 at the match of 10.00: 10 m beyond the free ones = the match": Bill(
        local("2026-06-13 20:00"), local("2026-06-13 20:40"), 1000, [("package", 1, 1000)], MATCH
    ),
    "22:00 to 1:00 after a holiday priced as a Sunday: free to midnight, then 4 steps = 2.00": Bill(
        local("2026-07-14 22:00"), local("2026-07-15 01:00"), 200, [("step", 4, 50)], SUNDAYS
    ),
    "5 h where 4 h is the longest, 2.00 beyond: 210 m = 14 steps = 7.00, + 4 x 2.00 = 15.00": Bill(
        *stay("10:00", "10 15:00"),
        1500,
        [("step", 14, 50), ("beyond", 4, 200)],
        replace(STANDARD, longest_minutes=240, beyond_step_cents=Cents(200)),
    ),
    "2 h of which 20 m in the queue: 100 - 30 = 70 m = 5 steps = 2.50": Bill(
        *stay("10:00", "10 12:00"), 250, [("step", 5, 50)], credits=(Credit(why=CreditFor.QUEUE, seconds=1200),)
    ),
    "16:00 to 20:00, out of order 12:00 to 13:00, before: 8 x 1.00 + 8 x 0.50 = 12.00": Bill(
        *stay("16:00", "10 20:00"), 1200, [("step", 8, 100), ("step", 8, 50)], WORK, credits=(OUTAGE,)
    ),
    "11:00 to 20:00, out of order 12:00 to 13:00: 6 h = 24 x 1.00 (capped at 20.00 with 8 x 0.50)": Bill(
        *stay("11:00", "10 20:00"), 2000, [("day", 1, 2000)], WORK, credits=(OUTAGE,)
    ),
    "11:00 to 14:00, out of order 12:00 to 13:00: 2 h = 8 x 1.00 = 8.00": Bill(
        *stay("11:00", "10 14:00"), 800, [("step", 8, 100)], WORK, credits=(OUTAGE,)
    ),
    "3 h, a shop gives 60 m, a code 10 %: 10 steps = 5.00; 6 of them = 3.00; less 0.30 = 2.70": Bill(
        *stay("10:00", "10 13:00"),
        270,
        [("step", 10, 50), ("discount", 1, -200), ("discount", 1, -30)],
        discounts=(Discount(by="Bakery", minutes=60), Discount(by="SUMMER", percent=10)),
    ),
    "3 h, a shop gives 60 m and has 1.00 left: 5.00 - 1.00 = 4.00": Bill(
        *stay("10:00", "10 13:00"),
        400,
        [("step", 10, 50), ("discount", 1, -100)],
        discounts=(Discount(by="Bakery", minutes=60, budget_cents=Cents(100)),),
    ),
}


@pytest.mark.parametrize("one", BY_HAND.values(), ids=BY_HAND.keys())
def test_bills_computed_by_hand(one: Bill) -> None:
    made = quote(one.tariff, one.entered_at, one.at, zone=PARIS, credits=one.credits, discounts=one.discounts)
    assert made.total_cents == one.cents
    assert [(line.what, line.count, line.each_cents) for line in made.lines if line.each_cents] == one.lines


def test_times_on_the_same_local_clocks_are_billed_by_what_passed() -> None:
    begins, ends = (datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(PARIS)) for text in SPRING_NIGHT)
    assert quote(STANDARD, begins, ends, zone=PARIS).duration_s == 5 * 3600
    assert curve(STANDARD, begins, [5 * 3600], PARIS) == (900,)


def test_time_that_costs_nothing_is_on_the_bill() -> None:
    one = BY_HAND["2 h of which 20 m in the queue: 100 - 30 = 70 m = 5 steps = 2.50"]
    made = quote(one.tariff, one.entered_at, one.at, zone=PARIS, credits=one.credits)
    assert [(line.what, line.name, line.seconds) for line in made.lines] == [
        ("free", "", 1800),
        ("credit", "queue", 1200),
        ("step", "", 0),
    ]


def test_who_stays_on_after_paying_owes_the_difference() -> None:
    """2 h cost 3.00; 2 h 50 m: 140 m = 10 steps = 5.00, of which 3.00 are paid: 2.00, 0.33 of them VAT (2.00 / 6)."""
    due = quote(STANDARD, *stay("10:00", "10 12:50"), zone=PARIS)
    rest = after_payment(due, Cents(300))
    assert (rest.total_cents, rest.vat_cents, rest.lines[-1].total_cents) == (200, 33, -300)
    assert after_payment(due, Cents(600)).total_cents == 0


@pytest.mark.parametrize(("cents", "vat"), [(300, 50), (50, 8), (2000, 333), (2050, 342), (0, 0)])
def test_prices_include_vat_to_the_nearest_cent(cents: int, vat: int) -> None:
    """At 20 %: a sixth of the price. 0.50 / 6 = 0.0833; 20.00 / 6 = 3.333; 20.50 / 6 = 3.4167."""
    tariff = replace(NO_FREE, step_cents=Cents(cents), cap_cents=Cents(9999))
    assert quote(tariff, *stay("10:00", "10 10:01"), zone=PARIS).vat_cents == vat


def test_a_code_counts_between_its_days_on_the_clocks_of_the_site() -> None:
    tariff = replace(
        STANDARD, codes=(Code(code="SUMMER", percent=10, first=date(2026, 6, 11), last=date(2026, 6, 11)),)
    )
    for typed, at, found in (
        (" summer", "2026-06-11 00:00", True),
        ("SUMMER", "2026-06-11 23:59", True),
        ("SUMMER", "2026-06-10 23:59", False),
        ("SUMMER", "2026-06-12 00:00", False),
        ("WINTER", "2026-06-11 12:00", False),
    ):
        assert (discount_of(tariff, typed, local(at), PARIS) is not None) is found, at
