"""What stays of the past would have cost under another tariff. Source: domain.md, "Tariffs": the shadow run."""

from datetime import timedelta

from msgspec.structs import replace

from syspark.domain.tariff import Credit, CreditFor, Tariff
from syspark.domain.tariff.shadow import LARGEST_KEPT, PastStay, Shadow
from syspark.domain.units import Cents, SessionId
from tests.domain.tariffs import PARIS, local

NOON = local("2026-06-10 12:00")
DEAR = Tariff(step_cents=Cents(100))


def stay(minutes: int, tariff: Tariff | None = None, *credited: Credit) -> PastStay:
    """A stay that began at noon."""
    ends = NOON + timedelta(minutes=minutes)
    return PastStay(SessionId(str(minutes)), tariff or Tariff(), NOON, ends, PARIS, credited)


def test_sums_differences_and_the_largest_of_them_are_kept() -> None:
    """60 m: 2 steps, 1.00 and 2.00. 600 m: 38 steps, 19.00 and 20.00, the cap. 20 m: free by both."""
    shadow = Shadow(DEAR)
    for minutes in (60, 600, 20):
        shadow.add(stay(minutes))
    assert (shadow.stays, shadow.dearer, shadow.cheaper) == (3, 2, 0)
    assert (shadow.before, shadow.after, shadow.first) == (2000, 2200, NOON + timedelta(minutes=20))
    assert {(one.session_id, one.before, one.after) for one in shadow.largest} == {
        ("60", 100, 200),
        ("600", 1900, 2000),
    }


def test_a_stay_is_priced_with_its_credits_and_without_free_minutes_it_did_not_have() -> None:
    """60 m of which 15 m in the queue: 45 m without free minutes: 3 steps, 1.50 and 3.00."""
    shadow = Shadow(DEAR)
    shadow.add(stay(60, replace(Tariff(), free_minutes=0), Credit(why=CreditFor.QUEUE, seconds=900)))
    assert (shadow.before, shadow.after) == (150, 300)


def test_many_stays_take_no_more_room_than_a_few() -> None:
    shadow = Shadow(Tariff(step_cents=Cents(10)))
    for minutes in range(31, 331):
        shadow.add(stay(minutes))
    assert (shadow.stays, shadow.cheaper, len(shadow.largest)) == (300, 300, LARGEST_KEPT)
    assert [one.size for one in shadow.largest] == sorted((one.size for one in shadow.largest), reverse=True)
    assert shadow.largest[0].size == 20 * 40
