"""How long plates and pictures are kept, as a pure rule."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from syspark.domain.policy import SitePolicy
from syspark.domain.retention import PHOTOS_AT_MOST, PLATES_AT_MOST, Case, Ground

CLOSED = datetime(2026, 6, 15, 12, tzinfo=UTC)
MONTH, WEEK, DAY = timedelta(days=30), timedelta(days=7), timedelta(days=1)
POLICY = SitePolicy()

grounds = st.builds(Case, st.just(CLOSED), unpaid=st.booleans(), in_review=st.booleans(), disputed=st.booleans())


def test_who_is_inside_is_not_erased_and_its_picture_is_kept_thirteen_months_at_most() -> None:
    inside = Case(None)
    assert inside.grounds(CLOSED) == (Ground.INSIDE,)
    assert inside.plates_until(POLICY) is None
    assert inside.photo_until(CLOSED, POLICY) == CLOSED + PHOTOS_AT_MOST


def test_thirteen_months_are_never_longer_than_the_calendars() -> None:
    for month in range(1, 13):
        taken = datetime(2026, month, 1, tzinfo=UTC)
        later = datetime(2027 + month // 12, month % 12 + 1, 1, tzinfo=UTC)
        assert taken + PHOTOS_AT_MOST <= later


@given(grounds)
def test_a_ground_never_shortens_and_never_keeps_beyond_the_bound(case: Case) -> None:
    until, photo = case.plates_until(POLICY), case.photo_until(CLOSED, POLICY)
    assert until is not None
    assert CLOSED + MONTH <= until <= CLOSED + PLATES_AT_MOST
    assert CLOSED + WEEK <= photo <= CLOSED + PHOTOS_AT_MOST
    assert (until > CLOSED + MONTH) == bool(case.grounds(CLOSED))


@given(grounds, st.timedeltas(timedelta(0), 4000 * DAY))
def test_a_written_request_holds_until_its_own_date(case: Case, asked: timedelta) -> None:
    held = Case(CLOSED, case.unpaid, case.in_review, case.disputed, CLOSED + asked)
    until, before = held.plates_until(POLICY), case.plates_until(POLICY)
    assert before is not None
    assert until == max(before, CLOSED + asked)
    assert Ground.POLICE not in held.grounds(CLOSED + asked), "it ends by its date"


def test_a_declared_arrival_is_counted_for_ninety_days_and_its_plate_kept_as_long() -> None:
    assert Case(CLOSED, declared=True).plates_until(POLICY) == CLOSED + 90 * DAY
    assert Case(CLOSED, declared=True).grounds(CLOSED) == (), "nothing is wrong with it"
