"""What plates look like, and how alike two are. Source: domain.md, "Identity and fusion"."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syspark.domain import plates
from syspark.domain.plates import Format
from syspark.domain.site.neighbours import COMPARED, SUGGESTED, Neighbours
from syspark.domain.site.state import Visit
from syspark.domain.units import HolderKey, Lane, Plate, SessionId
from tests.domain.park import NOON

LETTERS = "ABCDEFGHJKLMNPQRSTVWXYZ"
french = st.from_regex(r"\A[AB][DOQ0A][0-2][7Z28B][15SI][GT6][AB]\Z").map(Plate)


def visit_of(key: HolderKey) -> Visit:
    """One vehicle a plate."""
    return Visit(session_id=SessionId(key), keys=(key,), opened_at=NOON, read_at=NOON, tried_at=NOON, lane=Lane.ENTRY)


LEARNED = st.sets(st.sampled_from(["AB", "7A", "02", "6B"]).map(lambda pair: "".join(sorted(pair)))).map(frozenset)
"""What a site may have learned that its cameras confuse besides: characters that the plates above have."""


def inside(read: list[Plate], learned: frozenset[str] = plates.NONE) -> Neighbours:
    """The index of these plates, each its own holder."""
    index = Neighbours(visit_of)
    index.learn(learned)
    for plate in read:
        index.read(HolderKey(plate), plate)
        index.follow([HolderKey(plate)])
    return index


@pytest.mark.parametrize(
    ("plate", "name"),
    [
        ("AA123BB", Format.FR),
        ("AI123BB", Format.GENERIC),
        ("1234AB69", Format.FR_OLD),
        ("12ABC2A", Format.FR_OLD),
        ("BMW42X", Format.GENERIC),
        ("ABCDEFG", Format.ODD),
        ("12", Format.ODD),
    ],
)
def test_a_country_format_raises_or_lowers_what_is_believed_and_never_rejects(plate: str, name: Format) -> None:
    assert plates.format_of(Plate(plate)) is name
    believed = plates.believed(Plate(plate), 0.8)
    expected = {Format.FR: 0.9, Format.FR_OLD: 0.85, Format.GENERIC: 0.8, Format.ODD: 0.6}
    assert believed == pytest.approx(expected[name])
    assert 0 <= plates.believed(Plate(plate), 0.0) < plates.believed(Plate(plate), 1.0) == 1


@pytest.mark.parametrize(
    ("one", "other", "confusion", "edits", "distance"),
    [
        ("AA123BB", "AA123BB", False, 0, 0.0),
        ("AD123BB", "AO123BB", True, 1, 0.25),
        ("AA127BB", "AA12ZBB", True, 1, 0.25),
        ("AA123B8", "AA123BB", True, 1, 0.25),
        ("AD127BB", "AO122BB", False, 2, 0.5),
        ("AA123BB", "AA124BB", False, 1, 1.0),
        ("AA123BB", "AA23BB", False, 1, 1.0),
        ("AA123BB", "A8124BB", False, 2, 2.0),
    ],
)
def test_what_cameras_confuse_counts_less_than_what_they_do_not(
    one: str, other: str, confusion: bool, edits: int, distance: float
) -> None:
    for a, b in ((Plate(one), Plate(other)), (Plate(other), Plate(one))):
        assert (plates.is_one_confusion(a, b), plates.edits(a, b)) == (confusion, edits)
        assert plates.distance(a, b) == pytest.approx(distance)


@given(st.lists(french, unique=True, max_size=30), french, LEARNED)
def test_the_index_finds_whom_a_comparison_with_everybody_finds(
    read: list[Plate], plate: Plate, learned: frozenset[str]
) -> None:
    near = {one for one in read if plates.distance(plate, one, learned) <= plates.NEAR_EDITS}
    assert near <= {Plate(key) for key in inside(read, learned).alike(plate)}
    nearest = sorted(near, key=lambda one: (plates.distance(plate, one, learned), one))[:SUGGESTED]
    found = inside(read, learned).near(plate)
    assert [Plate(one.visit.key) for one in found] == nearest
    for one in found:
        assert one.confusion == plates.is_one_confusion(plate, Plate(one.visit.key), learned)
        assert not one.learned or (one.confusion and one.learned in learned)
        others = [other for other in read if other != Plate(one.visit.key) and plates.edits(plate, other) <= 2]
        assert one.alone == (not others)


@pytest.mark.parametrize(
    ("read", "true", "pair"),
    [
        ("AH123BB", "AN123BB", "HN"),
        ("AN123BB", "AH123BB", "HN"),
        ("AH12ZBB", "AN127BB", "HN"),
        ("AD123BB", "AO123BB", None),
        ("AH124BB", "AN123BB", None),
        ("AH123B", "AN123BB", None),
        ("AA123BB", "AA123BB", None),
    ],
)
def test_one_character_in_the_place_of_another_is_what_a_correction_teaches(
    read: str, true: str, pair: str | None
) -> None:
    assert plates.substitution(Plate(read), Plate(true)) == pair


def test_what_was_learned_counts_as_a_confusion_and_only_in_the_same_place() -> None:
    learned = frozenset({"HN"})
    assert plates.distance(Plate("AH123BB"), Plate("AN123BB"), learned) == 0.25
    assert plates.distance(Plate("AH123BB"), Plate("AN124BB"), learned) == 1.25
    assert plates.distance(Plate("AH123BB"), Plate("A123BBN"), learned) == 2.0
    assert plates.is_one_confusion(Plate("AH123BB"), Plate("AN123BB"), learned)
    assert not plates.is_one_confusion(Plate("AH12ZBB"), Plate("AN127BB"), learned)
    assert not plates.is_one_confusion(Plate("AH123BB"), Plate("AM123BB"), learned)


@given(st.lists(french, unique=True, max_size=10), st.data())
def test_whoever_has_left_is_found_no_more(read: list[Plate], data: st.DataObject) -> None:
    index = inside(read)
    gone = {HolderKey(one) for one in data.draw(st.sets(st.sampled_from(read)))} if read else set()
    left = Neighbours(lambda key: None if key in gone else visit_of(key))
    for plate in read:
        left.read(HolderKey(plate), plate)
        left.follow([HolderKey(plate)])
    for plate in read:
        assert set(left.alike(plate)) == set(index.alike(plate)) - gone


def random_plate(chance: random.Random) -> Plate:
    return Plate(
        "".join([*chance.choices(LETTERS, k=2), f"{chance.randrange(1000):03d}", *chance.choices(LETTERS, k=2)])
    )


def test_a_look_up_costs_the_same_however_many_are_inside() -> None:
    chance = random.Random(1)
    assert {len(plates.variants(random_plate(chance))) for _ in range(100)} <= set(range(10, 30)), "places looked at"
    compared = {}
    for vehicles in (100, 5_000):
        index = inside([random_plate(chance) for _ in range(vehicles)])
        compared[vehicles] = sum(len(index.alike(random_plate(chance))) for _ in range(200)) / 200
    assert compared[5_000] < 3, "plates compared with the one read, of 5,000"


def test_of_a_large_fleet_only_so_many_plates_are_compared_and_nobody_is_certain() -> None:
    index = inside([Plate(f"AA{number:03d}AA") for number in range(0, 1000, 2)])
    assert len(index.alike(Plate("AA121AA"))) == COMPARED
    assert not any(near.alone for near in index.near(Plate("AA121AA")))
