"""A plate at the exit that is nobody's, but looks like somebody's. Source: domain.md, "Identity and fusion"."""

import pytest

from syspark.domain.record import record
from syspark.domain.session import Status
from syspark.domain.site.state import Doubt, Suggestion
from syspark.domain.units import Lane, Plate
from tests.domain.park import ENTRY, EXIT, Park, setup_of

CAR = Plate("BD123BB")
CONFUSED = Plate("BO123BB")


def inside(*read: Plate, sensors: tuple[Lane, ...] = (EXIT,)) -> Park:
    """These were admitted a while ago; the exit has a sensor unless told, which sees a vehicle."""
    park = Park(setup_of(sensors=sensors, capacity=50))
    for plate in read:
        park.plate(plate, ENTRY)
        park.fated("acked")
        park.pass_time(61)
    if sensors:
        park.arrive(EXIT)
    return park


def suggested(park: Park) -> list[tuple[str, str]]:
    """What the exit's lane suggests: masked plates, and why each is doubtful."""
    return [(one.masked, one.why) for one in park.state.lane(EXIT).suggestions]


def test_one_confusion_read_with_confidence_and_nobody_near_leaves_as_the_session_it_is() -> None:
    park = inside(CAR)
    assert park.plate(CONFUSED, EXIT, confidence=0.90) == "exit-asked-one-confusion"
    (session,) = park.sessions.values()
    assert (session.status, park.sent_to(EXIT), suggested(park)) == (Status.CLOSED, 1, [])
    assert {witness.key for _, witness in park.witnesses} == {park.holder(CAR), park.holder(CONFUSED)}


@pytest.mark.parametrize(
    ("others", "read", "confidence", "why"),
    [
        ([], CONFUSED, None, Doubt.NO_CONFIDENCE),
        ([], CONFUSED, 0.89, Doubt.LOW_CONFIDENCE),
        (["BA123BB"], CONFUSED, 0.99, Doubt.NEIGHBOURS),
        (["BA123BC"], CONFUSED, 0.99, Doubt.NEIGHBOURS),
        ([], Plate("BA123BB"), 0.99, Doubt.NOT_ONE_CONFUSION),
        ([], Plate("BO123B8"), 0.99, Doubt.NOT_ONE_CONFUSION),
        ([], Plate("BD123B"), 0.99, Doubt.NOT_ONE_CONFUSION),
        ([], Plate("BD124BC"), 0.99, Doubt.NOT_ONE_CONFUSION),
    ],
)
def test_anything_less_certain_is_suggested_and_charges_nobody(
    others: list[str], read: Plate, confidence: float | None, why: Doubt
) -> None:
    park = inside(CAR, *(Plate(other) for other in others))
    assert park.plate(read, EXIT, confidence=confidence) == "plate-unknown"
    assert ("..3BB", why) in suggested(park)
    assert (park.sent_to(EXIT), park.asks(), len(park.inside())) == (0, [], 1 + len(others))


def test_another_plate_three_edits_away_makes_nothing_doubtful() -> None:
    park = inside(CAR, Plate("CA133BB"))
    assert park.plate(CONFUSED, EXIT, confidence=0.95) == "exit-asked-one-confusion"


def test_a_second_plate_of_the_same_session_makes_nothing_doubtful() -> None:
    park = Park(setup_of(sensors=(ENTRY, EXIT)))
    park.arrive(ENTRY)
    park.plate(CAR, ENTRY)
    park.plate(Plate("BD124BB"), ENTRY)
    park.fated("acked")
    park.leave(ENTRY)
    park.pass_time(120)
    park.arrive(EXIT)
    assert park.plate(CONFUSED, EXIT, confidence=0.95) == "exit-asked-one-confusion"


def test_a_plate_unlike_any_is_suggested_nobody() -> None:
    park = inside(CAR)
    assert park.plate(Plate("XY987ZT"), EXIT, confidence=0.99) == "plate-unknown"
    assert suggested(park) == []


def test_at_most_three_are_suggested_the_nearest_first() -> None:
    park = inside(*(Plate(text) for text in ("BD124BB", "BD125BB", "BD126BB", "BD127BB", "BQ123BB")))
    park.plate(CONFUSED, EXIT, confidence=0.99)
    assert [one.distance for one in park.state.lane(EXIT).suggestions] == [0.25, 1.25, 1.25]


def test_suggestions_last_while_the_vehicle_stands_there_and_is_not_known() -> None:
    park = inside(CAR)
    park.plate(CONFUSED, EXIT)
    assert len(suggested(park)) == 1
    park.plate(CAR, EXIT)
    assert suggested(park) == [], "the true plate was read"
    park = inside(CAR)
    park.plate(CONFUSED, EXIT)
    park.leave(EXIT)
    assert suggested(park) == [], "it has gone"


def test_where_no_sensor_watches_suggestions_end_with_the_news_of_the_vehicle() -> None:
    park = inside(CAR, sensors=())
    park.plate(CONFUSED, EXIT)
    assert suggested(park) == [("..3BB", Doubt.NO_CONFIDENCE)]
    park.pass_time(121)
    assert suggested(park) == []


def test_who_has_left_is_suggested_to_nobody() -> None:
    park = inside(CAR)
    park.plate(CAR, EXIT)
    park.fated("acked")
    park.leave(EXIT)
    park.pass_time(301)
    park.arrive(EXIT)
    assert park.plate(CONFUSED, EXIT, confidence=0.99) == "plate-unknown"
    assert suggested(park) == []


def test_after_a_restart_the_same_is_certain_and_the_same_is_suggested() -> None:
    for confidence, rule in ((0.95, "exit-asked-one-confusion"), (None, "plate-unknown")):
        park = inside(CAR)
        park.restart()
        assert park.plate(CONFUSED, EXIT, confidence=confidence) == rule


def test_the_journal_names_no_candidate_in_clear() -> None:
    park = inside(CAR)
    park.plate(CONFUSED, EXIT, confidence=0.5)
    message, decision, given = park.told[-1]
    inputs, personal = record(message, decision, given, park.moment())
    for text in (CAR, CONFUSED, "..3BB", park.holder(CAR)):
        assert text.encode() not in inputs
    assert {"..3BB", CONFUSED} <= set(personal.values())
    assert isinstance(park.state.lane(EXIT).suggestions[0], Suggestion)
