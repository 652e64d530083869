"""An evacuation. Source: domain.md, "Fire": both lanes open, nobody pays, somebody on site says when it is over."""

import json

from actors.testing import CarPark, badge
from syspark.domain.messages import DeclareEmergency, EndEmergency
from syspark.persistence.memory import default_site
from syspark.rows import Address, RowStatus

READER = "parking/barriere"
SITE = Address("site", default_site().id)
VISITOR, OTHER = badge("CAFE0001", "visitor"), badge("CAFE0002", "visitor")
HOUR_S = 3600


async def _declared(park: CarPark) -> None:
    await park.request(SITE, DeclareEmergency(author="ines"))
    await park.pass_time(1)


async def _ended(park: CarPark, confirmed_by: str = "Sgt Moreau") -> None:
    await park.request(SITE, EndEmergency(author="ines", confirmed_by=confirmed_by))
    await park.pass_time(1)


async def test_both_lanes_are_asked_to_open_at_once_and_again_while_it_lasts() -> None:
    async with CarPark() as park:
        await _declared(park)
        assert sorted(park.opened) == ["entry", "exit"]
        assert park.shown == ["EVACUATION"]

        park.forget()
        await park.pass_time(60)
        assert park.opened.count("entry") == park.opened.count("exit") == 6
        assert set(park.shown) == {"EVACUATION"}


async def test_nothing_is_ever_closed_by_the_cloud() -> None:
    async with CarPark() as park:
        await _declared(park)
        await park.pass_time(60)
        await _ended(park)
        await park.pass_time(60)

        assert b"000" not in {one.payload for one in park.seen if one.topic.endswith("/cmd")}


async def test_whoever_leaves_meanwhile_is_asked_for_nothing() -> None:
    async with CarPark(badges=[VISITOR]) as park:
        await park.given(READER, VISITOR.uid)
        await park.pass_time(3 * HOUR_S)
        await _declared(park)

        await park.when(READER, VISITOR.uid)

        assert park.asked == []
        assert "exit-evacuation" in park.rules()


async def test_who_was_being_asked_to_pay_is_let_out_when_it_begins() -> None:
    async with CarPark(badges=[VISITOR]) as park:
        await park.given(READER, VISITOR.uid)
        await park.pass_time(3 * HOUR_S)
        await park.given(READER, VISITOR.uid)

        await _declared(park)

        assert await park.open_sessions() == []
        await park.pass_time(60)
        assert park.asked == []


async def test_an_unknown_car_at_the_exit_leaves_too() -> None:
    async with CarPark() as park:
        await _declared(park)
        park.forget()

        await park.when("parking/exit/vision/plate", {"plate": "AB123CD", "confidence": 0.9, "valid": True})

        assert "exit" in park.opened
        assert await park.occupancy() == 0


async def test_no_other_text_is_shown_before_it_is_over() -> None:
    async with CarPark(badges=[VISITOR]) as park:
        await _declared(park)
        await park.when(READER, "DEADBEEF")
        await park.when(READER, VISITOR.uid)
        await park.pass_time(10)

        assert set(park.shown) == {"EVACUATION"}
        await _ended(park)
        assert park.shown[-1] == "LIBRE:49"


async def test_half_an_hour_after_its_end_exits_are_still_free_and_then_no_more() -> None:
    async with CarPark(badges=[VISITOR, OTHER]) as park:
        await park.given(READER, VISITOR.uid)
        await park.given(READER, OTHER.uid)
        await park.pass_time(3 * HOUR_S)
        await _declared(park)
        await _ended(park)

        await park.pass_time(29 * 60)
        await park.when(READER, VISITOR.uid)
        assert park.asked == []
        await park.pass_time(60)
        await park.when(READER, OTHER.uid)
        assert len(park.asked) == 1


async def test_who_stays_does_not_pay_for_it() -> None:
    """An hour and a quarter, of which three quarters in an evacuation or just after it: what is left is free."""
    async with CarPark(badges=[VISITOR]) as park:
        await park.given(READER, VISITOR.uid)
        await park.pass_time(15 * 60)
        await _declared(park)
        await park.pass_time(15 * 60)
        await _ended(park)
        await park.pass_time(45 * 60 - 10)

        await park.when(READER, VISITOR.uid)

        assert park.asked == []
        assert "exit-free" in park.rules()


async def test_somebody_on_site_has_to_confirm_its_end() -> None:
    async with CarPark() as park:
        await _declared(park)

        await _ended(park, confirmed_by=" ")

        (refused,) = park.rows(RowStatus.REFUSED)
        assert json.loads(refused.outcome)["rule"] == "emergency-not-confirmed"
        park.forget()
        await park.pass_time(30)
        assert "entry" in park.opened


async def test_a_second_declaration_changes_nothing() -> None:
    async with CarPark() as park:
        await _declared(park)
        await _declared(park)

        assert [json.loads(row.outcome)["rule"] for row in park.rows(RowStatus.REFUSED)] == ["emergency-stands"]


async def test_a_killed_worker_goes_on_with_it() -> None:
    async with CarPark() as park:
        await _declared(park)
        await park.restart()
        park.forget()

        await park.pass_time(20)

        assert park.opened.count("entry") >= 1


async def test_a_site_that_is_cut_off_when_it_begins_is_opened_once_it_is_back() -> None:
    async with CarPark(badges=[VISITOR]) as park:
        await park.given(READER, VISITOR.uid)
        await park.pass_time(2 * HOUR_S)
        park.cut_broker()
        await _declared(park)
        await park.pass_time(600)
        assert park.opened == []

        await park.mend_broker()
        await park.pass_time(10)
        assert set(park.opened) == {"entry", "exit"}
        await park.when(READER, {"uid": VISITOR.uid, "lane": "exit"})
        assert park.asked == []
