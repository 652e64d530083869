"""What a site's cameras confuse is learned from the plates that people correct.

Source: domain.md, "Identity and fusion"; docs/identity.md.
"""

from actors.testing import CarPark
from syspark.domain.corrections import CorrectPlate, ForgetConfusion, Ground
from syspark.domain.rerun import Rerun, setups_in
from syspark.domain.site.learned import pairs_of
from syspark.domain.units import Lane, Plate
from tests.stories.test_corrections import SITE, asked, version_of

AT_ENTRY, AT_EXIT = "parking/entry/vision/plate", "parking/exit/vision/plate"
TAUGHT = (("AH123BB", "AN123BB"), ("CE456HN", "CE456NN"), ("FG789NP", "FG789HP"))
"""H and N, each read for the other, in three plates that have nothing else in common."""


async def came_in(park: CarPark, plate: str) -> str:
    """A car comes in by this plate and stays; its session."""
    await park.given(AT_ENTRY, {"plate": plate, "confidence": 0.97})
    await park.pass_time(61)
    return (await park.open_sessions())[-1].id


async def corrected(park: CarPark, read: str, true: str) -> None:
    """A car comes in misread, and an operator types its plate while it is parked."""
    await came_in(park, read)
    await corrected_again(park, true)


async def corrected_again(park: CarPark, true: str) -> None:
    """The plate of who came in last is corrected."""
    session = (await park.open_sessions())[-1]
    correction = CorrectPlate(
        session_id=session.id,
        plate=Plate(true),
        key=session.holder_key,
        version=await version_of(park, session.id),
        reason=Ground.PICTURE,
        author="ada",
    )
    assert await asked(park, SITE, correction) == ("plate-corrected", None)


async def leaves_as(park: CarPark, read: str, true: str) -> list[str]:
    """A car comes in by its plate and is read otherwise at the exit: what was opened for it."""
    await came_in(park, true)
    park.forget()
    await park.when(AT_EXIT, {"plate": read, "confidence": 0.97})
    return park.opened


async def test_what_three_corrections_teach_lets_out_a_car_that_is_misread_so() -> None:
    async with CarPark() as park:
        for read, true in TAUGHT:
            await corrected(park, read, true)
        assert await leaves_as(park, "XH234YZ", "XN234YZ") == ["exit"]


async def test_what_two_corrections_teach_counts_for_nothing_yet() -> None:
    async with CarPark() as park:
        for read, true in TAUGHT[:2]:
            await corrected(park, read, true)
        assert await leaves_as(park, "XH234YZ", "XN234YZ") == []
        [suggested] = (await park.site_state()).lanes[Lane.EXIT].suggestions
        assert (suggested.distance, suggested.why) == (1.0, "not-one-confusion")


async def test_one_session_teaches_once_however_often_its_plate_is_corrected() -> None:
    async with CarPark() as park:
        await corrected(park, "AH123BB", "AN123BB")
        for plate in ("AH123BB", "AN123BB", "AH123BB"):
            await corrected_again(park, plate)
        [one] = (await park.site_state()).learned
        assert (one.pair, len(one.sessions), one.counts) == ("HN", 1, False)


async def test_a_correction_of_more_than_one_character_or_of_what_all_cameras_confuse_teaches_nothing() -> None:
    async with CarPark() as park:
        for read, true in (("AB128CD", "XY999ZZ"), ("BD123BB", "BO123BB"), ("AB34CD", "AB345CD")):
            await corrected(park, read, true)
        assert (await park.site_state()).learned == ()


async def test_what_was_learned_decides_nothing_where_another_plate_is_near() -> None:
    async with CarPark() as park:
        for read, true in TAUGHT:
            await corrected(park, read, true)
        await came_in(park, "XM234YZ")
        assert await leaves_as(park, "XH234YZ", "XN234YZ") == []
        whys = [one.why for one in (await park.site_state()).lanes[Lane.EXIT].suggestions]
        assert whys == ["neighbours", "not-one-confusion"]


async def test_what_an_operator_has_forgotten_counts_no_more() -> None:
    async with CarPark() as park:
        for read, true in TAUGHT:
            await corrected(park, read, true)
        forget = ForgetConfusion(pair="HN", author="ada")
        assert await asked(park, SITE, forget) == ("confusion-forgotten", None)
        assert await leaves_as(park, "XH234YZ", "XN234YZ") == []
        rule, why = await asked(park, SITE, forget)
        assert (rule, why) == ("confusion-not-known", "these two characters were not learned here")


async def test_after_a_restart_a_site_knows_what_it_has_learned_and_in_which_version() -> None:
    async with CarPark() as park:
        for read, true in TAUGHT:
            await corrected(park, read, true)
        await park.restart()
        state = await park.site_state()
        assert (pairs_of(state.learned), state.learned_version) == (frozenset({"HN"}), 3)
        assert await leaves_as(park, "XH234YZ", "XN234YZ") == ["exit"]


async def test_a_match_by_what_was_learned_says_so_and_is_decided_the_same_again() -> None:
    async with CarPark() as park:
        for read, true in TAUGHT:
            await corrected(park, read, true)
        await leaves_as(park, "XH234YZ", "XN234YZ")
        rows = park.recorded()
        [matched] = [row for row in rows if row.rule == "exit-asked-one-confusion"]
        given = matched.plain()["given"]
        assert (given["near"][0]["learned"], given["state"]["learned_version"]) == ("HN", 3)
        again = Rerun()
        setups = setups_in(rows)
        for row in rows:
            again.add(row, setups)
        assert again.differences == []
