"""Site and cloud compare who is inside: identical since when, or exactly what differs."""

from actors.testing import CarPark, badge
from syspark.domain.alarm_kind import AlarmKind
from syspark.domain.policy import Language
from syspark.telling import detail_of

READER, CAMERA, SYNC = "parking/barriere", "parking/vision/plate", "parking/sync/req"
ALICE, BOB = badge("A11CE000"), badge("B0B00000")


def standing(park: CarPark) -> list[str]:
    found = [row.alarm for row in park.stores.alarms() if row.alarm.kind is AlarmKind.RESYNC_DIFFERENCE]
    return [detail_of(alarm.kind, alarm.detail, Language.ENGLISH) for alarm in found if alarm.cleared_at is None]


async def test_the_same_vehicles_are_identical_since_the_first_comparison() -> None:
    async with CarPark(badges=[ALICE, BOB]) as park:
        await park.when(READER, {"uid": ALICE.uid, "lane": "entry"})
        await park.pass_time(30)
        await park.when(CAMERA, {"plate": "AB123CD", "lane": "entry"})
        for _ in range(2):
            await park.when(SYNC, {"src": "edge", "inside": ["ab-123-cd", ALICE.uid]})
            await park.pass_time(600)
        proof = (await park.site_state()).proof
        assert proof is not None
        assert proof.since is not None
        assert (proof.at - proof.since).total_seconds() == 600
        assert standing(park) == []


async def test_what_differs_is_named_and_an_alarm_until_it_is_gone() -> None:
    async with CarPark(badges=[ALICE, BOB]) as park:
        await park.when(READER, {"uid": ALICE.uid, "lane": "entry"})
        await park.when(SYNC, {"src": "edge", "inside": [BOB.uid, "ZZ999ZZ"]})
        [session] = await park.open_sessions()
        proof = (await park.site_state()).proof
        assert proof is not None
        assert (proof.since, proof.only_here, proof.here) == (None, (session.id,), 1)
        assert (proof.only_there, proof.there) == (("..000", "..9ZZ"), 2)
        assert standing(park) == ["inside for us alone: 1, for the site alone: 2"]
        assert "ZZ999ZZ" not in str(park.stores.contents()["snapshots"]), "a plate stands in no snapshot"

        await park.when(SYNC, {"src": "edge", "inside": [ALICE.uid]})
        assert standing(park) == []
        assert park.rules().count("resync-identical") == 1


async def test_one_of_its_witnesses_is_enough_to_find_a_vehicle_and_a_pin_is_not_compared() -> None:
    async with CarPark(badges=[ALICE]) as park:
        await park.when(CAMERA, {"plate": "AB123CD", "lane": "entry"})
        await park.pass_time(3)
        await park.when(READER, {"uid": ALICE.uid, "lane": "entry"})
        await park.pass_time(120)
        await park.when(READER, "PIN_IN")
        await park.when(SYNC, {"src": "edge", "inside": ["AB123CD"]})
        assert park.rules().count("resync-identical") == 1


async def test_equipment_that_says_nothing_of_it_proves_nothing() -> None:
    async with CarPark() as park:
        await park.when(SYNC, "1")
        assert (await park.site_state()).proof is None
