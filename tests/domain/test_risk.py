"""How easily the vehicles inside are confused. Source: domain.md, "The risk for the site's own open set"."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syspark.domain.risk import MISREAD, is_news, match_risk, misreadings
from syspark.domain.units import HolderKey, Plate
from tests.domain.park import ENTRY, EXIT, Park, setup_of
from tests.domain.test_plates import LEARNED, french, inside


def by_everybody(read: list[Plate], learned: frozenset[str]) -> float:
    """The risk, told by misreading each plate in every way and looking whether somebody has it."""
    groups = ("0DOQ", "1IT", "2Z7", "B8", "5S", "G6", *learned)
    shares = 0.0
    for plate in read:
        ways = [
            plate[:place] + other + plate[place + 1 :]
            for place, character in enumerate(plate)
            for group in groups
            if character in group
            for other in group
            if other != character
        ]
        assert len(ways) == misreadings(plate, learned)
        shares += sum(way in read for way in ways) / len(ways) if ways else 0.0
    return match_risk(len(read), shares, learned)


@given(st.lists(french, unique=True, max_size=25), LEARNED)
def test_the_risk_is_that_of_misreading_each_plate_in_every_way(read: list[Plate], learned: frozenset[str]) -> None:
    assert inside(read, learned).match_risk == pytest.approx(by_everybody(read, learned))


@given(st.lists(french, unique=True, min_size=1, max_size=25), LEARNED, LEARNED)
def test_the_risk_follows_what_is_learned_and_forgotten(
    read: list[Plate], before: frozenset[str], after: frozenset[str]
) -> None:
    index = inside(read, before)
    index.learn(after)
    index.follow([HolderKey(read[0])])
    assert index.match_risk == pytest.approx(by_everybody(read, after))


def test_nobody_inside_is_nobodys_risk() -> None:
    assert match_risk(0, 0.0) == 0.0


def test_two_plates_of_one_vehicle_confuse_nobody() -> None:
    park = Park()
    park.plate(Plate("BD123BB"), ENTRY)
    park.pass_time(20)
    assert park.plate(Plate("BO123BB"), ENTRY) == "plate-joined"
    park.pass_time(600)
    assert park.visits.plates.match_risk < 1e-6


def test_a_fleet_whose_plates_look_alike_raises_the_sites_risk_and_its_leaving_ends_it() -> None:
    park = Park(setup_of(capacity=10))
    for text in ("BD123BB", "BQ123BB", "XY987XY"):
        park.plate(Plate(text), ENTRY)
        park.fated("acked")
        park.pass_time(61)
    park.plate(Plate("ZZ999ZZ"), ENTRY)
    ways = misreadings(Plate("BD123BB"))
    assert park.state.match_risk == pytest.approx(MISREAD * 2 / ways / 3, rel=1e-3)
    park.pass_time(600)
    park.plate(Plate("BQ123BB"), EXIT)
    park.fated("acked")
    park.pass_time(61)
    park.plate(Plate("ZZ999ZZ"), EXIT)
    assert park.state.match_risk < 1e-6


@pytest.mark.parametrize(("risk", "told", "news"), [(0, 0, False), (1e-4, 0, True), (0, 1e-4, True), (1.05, 1, False)])
def test_only_what_differs_is_told(risk: float, told: float, news: bool) -> None:
    assert is_news(risk, told) is news
