"""Doubt comes from weak evidence or from a stay beyond the site's longest, not from the amount. Source: domain.md."""

from syspark.domain.policy import SitePolicy
from syspark.domain.session import Session
from syspark.domain.tariff import Tariff
from syspark.domain.units import Cents
from tests.domain.park import ALICE, CAR, ENTRY, EXIT, Park, setup_of

HOUR_S, DAY_S = 3600, 86_400
DEAR = Tariff(cap_cents=Cents(50_000), step_cents=Cents(2_000))


def asked_after(stay_s: int, *, longest_stay_s: int = DAY_S, tariff: Tariff | None = None) -> Session:
    """A visitor's session, asked to pay after so long."""
    park = Park(setup_of(policy=SitePolicy(longest_stay_s=longest_stay_s), tariff=tariff))
    park.plate(CAR, ENTRY)
    park.fated("acked")
    park.pass_time(stay_s)
    park.plate(CAR, EXIT)
    (session,) = park.sessions.values()
    assert len(park.asks()) == 1
    return session


def test_a_stay_beyond_the_longest_is_asked_for_and_looked_at() -> None:
    assert asked_after(DAY_S + HOUR_S).review == ("stay_overlong",)


def test_a_long_stay_at_a_hotel_is_nothing_to_look_at() -> None:
    assert asked_after(10 * DAY_S, longest_stay_s=14 * DAY_S).review == ()


def test_what_a_stay_costs_is_no_reason_to_doubt_it() -> None:
    assert asked_after(23 * HOUR_S, tariff=DEAR).review == ()


def test_who_parks_by_right_may_stay_as_long_as_they_like() -> None:
    park = Park()
    park.badge(ALICE, ENTRY)
    park.fated("acked")
    park.pass_time(3 * DAY_S)
    park.badge(ALICE, EXIT)
    (session,) = park.sessions.values()
    assert (session.closed_as, session.review) == ("right", ())
