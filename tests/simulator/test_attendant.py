"""The operator of a trial: says whose car it is, opens, and closes what is still open of a car that has gone."""

from collections.abc import Collection

import pytest

from ops.simulator.attendant import Calls, OpenSession, hear
from ops.simulator.lane import Call
from ops.simulator.truth import Doubt, Stay
from syspark.domain.corrections import CloseByHand
from syspark.domain.messages import AskHelp, MatchVehicle, OpenLane
from syspark.domain.units import SessionId

KNOWN = OpenSession(SessionId("019ecb59-4743-71ce-8ceb-6d10e530c8e3"), 3)


def nothing() -> None:
    """Nobody has to know."""


class Desk:
    """Knows the session of one plate, or of none, and notes what is asked."""

    def __init__(self, plate: str = "") -> None:
        self._plate = plate
        self.asked: list[AskHelp | MatchVehicle | OpenLane | CloseByHand] = []

    async def open_session(self, site: str, keys: Collection[str]) -> OpenSession | None:
        return KNOWN if self._plate in keys else None

    async def ask(self, site: str, message: AskHelp | MatchVehicle | OpenLane) -> None:
        self.asked.append(message)

    async def close(self, site: str, session: SessionId, message: CloseByHand) -> None:
        assert session == KNOWN.id
        self.asked.append(message)


@pytest.mark.parametrize(
    ("plate", "times", "has_left", "asked"),
    [
        ("AB128CD", 1, False, MatchVehicle),
        ("AB128CD", 2, False, OpenLane),
        ("XY987ZT", 1, False, OpenLane),
        ("AB128CD", 2, True, CloseByHand),
        ("XY987ZT", 2, True, None),
    ],
)
async def test_who_calls_is_recognised_by_what_their_plate_was_taken_for_or_let_out(
    plate: str, times: int, has_left: bool, asked: type | None
) -> None:
    stay, desk = Stay(1, "lyon", "A1B2C3D4", "unknown", "AB123CD"), Desk(plate)
    stay.mistold["entry"] = {"AB128CD": 0.0}
    pressed: list[object] = []
    call = Call(stay, times, was_read=False, answered=lambda: pressed.extend(desk.asked), has_left=has_left)
    await hear(call, "lyon", desk, staffed=True)
    told = [AskHelp] if not has_left else []
    assert [type(message) for message in desk.asked] == [*told, *([asked] if asked else [])]
    assert stay.doubts == ({Doubt.UNREAD} if asked is OpenLane else set())
    assert [type(message) for message in pressed] == (told if asked is OpenLane else [])


async def test_nothing_is_opened_for_who_has_left_before_their_call_is_answered() -> None:
    stay, desk = Stay(1, "lyon", "A1B2C3D4", "subscriber", "AB128CD", left_s=60.0), Desk("AB128CD")
    await hear(Call(stay, 2, was_read=True, answered=nothing), "lyon", desk, staffed=True)
    assert desk.asked == []


async def test_where_nobody_answers_the_site_hears_of_the_call_all_the_same() -> None:
    stay, desk = Stay(1, "lyon", "A1B2C3D4", "subscriber", "AB128CD"), Desk("AB128CD")
    await hear(Call(stay, 1, was_read=True, answered=nothing), "lyon", desk, staffed=False)
    await hear(Call(stay, 2, was_read=True, answered=nothing, has_left=True), "lyon", desk, staffed=False)
    assert [type(message) for message in desk.asked] == [AskHelp]


async def test_who_still_stands_there_is_answered_before_those_who_have_left() -> None:
    calls, stay = Calls(), Stay(1, "lyon", "A1B2C3D4", "subscriber")
    for site, has_left in (("lyon", True), ("paris", False), ("nice", True), ("lille", False)):
        calls.put(site, Call(stay, 1, was_read=True, answered=nothing, has_left=has_left))
    assert [(await calls.next())[0] for _ in range(4)] == ["paris", "lille", "lyon", "nice"]
