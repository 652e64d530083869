"""Cameras that misread, and vehicles of which nothing is read, through the whole worker. Source: docs/identity.md."""

import json

from actors.testing import CarPark, badge
from syspark.domain.messages import MatchVehicle
from syspark.domain.site.matching import DRIVER
from syspark.domain.units import Lane, SessionId, SiteId
from syspark.rows import Address

AT_ENTRY, AT_EXIT = "parking/entry/vision/plate", "parking/exit/vision/plate"
CAR, CONFUSED, OTHER = "BD123BB", "BO123BB", "BD124BB"


async def inside(park: CarPark, *plates: str) -> None:
    """These came in one after the other, the last one a minute ago."""
    for plate in plates:
        await park.given(AT_ENTRY, {"plate": plate, "confidence": 0.97})
        await park.pass_time(61)
    park.forget()


async def test_one_misread_character_does_not_keep_anybody_waiting() -> None:
    async with CarPark() as park:
        await inside(park, CAR)
        await park.when(AT_EXIT, {"plate": CONFUSED, "confidence": 0.93})
        assert (park.opened, await park.open_sessions()) == (["exit"], [])


async def test_of_two_cars_that_look_alike_neither_is_charged_until_a_person_says_which() -> None:
    async with CarPark() as park:
        await inside(park, CAR, OTHER)
        await park.pass_time(2100)
        park.forget()

        await park.when(AT_EXIT, {"plate": CONFUSED, "confidence": 0.99})
        assert (park.opened, park.asked, len(await park.open_sessions())) == ([], [], 2)

        lane = (await site_state(park))["lanes"]["exit"]
        (likely, _) = lane["suggestions"]
        assert (likely["masked"], likely["why"]) == ("..3BB", "neighbours")
        asked = MatchVehicle(
            lane=Lane.EXIT, session_id=SessionId(likely["session_id"]), reason="seen on the picture", author="ada"
        )
        await park.request(Address("site", "default"), asked)
        await park.pass_time(2)
        assert len(park.asked) == 1, "now the driver knows what to pay"
        assert "suggestions" not in (await site_state(park))["lanes"]["exit"]


async def test_after_a_kill_a_misread_plate_finds_the_same_car() -> None:
    async with CarPark() as park:
        await inside(park, CAR)
        await park.restart()
        await park.when(AT_EXIT, {"plate": CONFUSED, "confidence": 0.93})
        assert park.opened == ["exit"]


async def test_after_a_restart_it_is_remembered_that_a_plate_had_its_free_minutes() -> None:
    async with CarPark() as park:
        await inside(park, CAR)
        await park.given(AT_EXIT, {"plate": CAR})
        await park.pass_time(400)
        await park.restart()
        await inside(park, CAR)
        await park.pass_time(60)
        await park.when(AT_EXIT, {"plate": CAR})
        assert park.asked == [50]


async def site_state(park: CarPark) -> dict[str, dict[str, dict[str, list[dict[str, str]]]]]:
    """The site's snapshot as pages read it."""
    snapshot = await park.stores.another().stores.state.snapshot(Address("site", SiteId("default")))
    assert snapshot is not None
    return dict(json.loads(snapshot.body))


async def test_a_driver_may_say_whose_vehicle_it_is_only_by_a_plate_like_the_one_that_was_read() -> None:
    async with CarPark() as park:
        await inside(park, CAR, OTHER, "ZZ999ZZ")
        await park.pass_time(2100)
        of = {plate: await session_of(park, plate) for plate in (CAR, "ZZ999ZZ")}
        await park.when(AT_EXIT, {"plate": CONFUSED, "confidence": 0.99})

        await park.request(Address("site", "default"), claimed(of["ZZ999ZZ"]))
        await park.pass_time(1)
        assert park.asked == [], "nothing like what was read"
        await park.request(Address("site", "default"), claimed(of[CAR]))
        await park.pass_time(1)
        assert len(park.asked) == 1

        await park.pass_time(700)
        park.forget()
        await park.request(Address("site", "default"), claimed(of[CAR]))
        await park.pass_time(1)
        assert park.asked == [], "nobody stands there any more"


def claimed(session_id: SessionId) -> MatchVehicle:
    """What the portal asks for a driver who has typed this session's plate."""
    return MatchVehicle(lane=Lane.EXIT, session_id=session_id, reason="misread-plate", author=DRIVER)


async def session_of(park: CarPark, plate: str) -> SessionId:
    """The open session of a plate."""
    for row in await park.stores.stores.state.sessions_of(SiteId("default"), park.clock.now()):
        if any(known == plate for _, known in row.subjects):
            return row.id
    raise LookupError(plate)


async def test_a_subscriber_whose_plate_was_asked_to_pay_leaves_by_their_badge() -> None:
    async with CarPark(badges=[badge("A11CE000")]) as park:
        await inside(park, CAR)
        await park.pass_time(2100)
        await park.when(AT_EXIT, {"plate": CAR, "confidence": 0.97})
        assert park.opened == []
        await park.pass_time(2)

        await park.when("parking/barriere", {"uid": "A11CE000", "lane": "exit"})

        assert (park.opened, await park.open_sessions()) == (["exit"], [])
