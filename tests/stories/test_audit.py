"""Years later: what was decided about a vehicle, why, and that it would be decided so again."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from actors.testing import CarPark, badge
from syspark.domain.explain import explain
from syspark.domain.messages import OpenLane, OpenReason
from syspark.domain.recorded import Recorded
from syspark.domain.rerun import Rerun, setups_in
from syspark.domain.units import Lane
from syspark.rows import Address

READER, CAMERA, SENSOR, ERROR = (
    "parking/barriere",
    "parking/vision/plate",
    "parking/sensor_gate/present",
    "parking/sensor_gate/error",
)


def rerun(rows: list[Recorded]) -> Rerun:
    """Every decision made once more."""
    setups, found = setups_in(rows), Rerun()
    for row in rows:
        found.add(row, setups)
    return found


async def test_a_visit_is_explained_step_by_step_with_its_inputs_and_consequences() -> None:
    async with CarPark(badges=[badge("CAFE0001", "visitor")]) as park:
        await park.when(READER, "CAFE0001")
        await park.pass_time(31 * 60)
        await park.when(READER, "CAFE0001")

        [session] = await park.open_sessions()
        rows = [one.entry.recorded for one in park.stores.journal("site:default") if one.entry.session_id == session.id]
        steps = explain(rows)

    rules = [step.rule for step in steps]
    assert rules[:1] == ["entry-admitted"]
    assert rules[-3:] == ["exit-asked", "exit-payment-due", "payment-asked"]
    entry, due = steps[0], steps[-2]
    assert entry.in_words == "The badge may enter, and a place is free"
    assert {("Badge", "CAFE0001"), ("Plan of the holder", "visitor")} <= {(one.name, one.value) for one in entry.inputs}
    assert [said.text for said in entry.consequences][:2] == ["A session begins", "{lane} is asked to open"]
    assert dict(entry.consequences[1].values) == {"lane": "entry"}
    assert ("Due, in cents: {amount}", (("amount", "50"),)) in [(one.text, one.values) for one in due.consequences]


async def test_what_was_erased_is_shown_as_such_and_cannot_be_made_again() -> None:
    async with CarPark(badges=[badge("CAFE0001")]) as park:
        await park.when(READER, "CAFE0001")
        rows = park.recorded()
    erased = [replace(row, personal={}) for row in rows]
    [entry] = [step for step in explain(erased) if step.rule == "entry-admitted"]
    assert ("Badge", "?") in {(one.name, one.value) for one in entry.inputs}
    assert rerun([*rows, *erased]).left_out["a personal value was erased"] > 0


async def test_a_decision_that_was_altered_is_found() -> None:
    async with CarPark(badges=[badge("CAFE0001")]) as park:
        await park.when(READER, "CAFE0001")
        rows = park.recorded()
    [place] = [place for place, row in enumerate(rows) if row.rule == "entry-admitted"]
    inputs = rows[place].inputs.replace(b'"plan":"subscriber"', b'"plan":"staff"', 1)
    rows[place] = replace(rows[place], inputs=inputs)
    assert [one.what for one in rerun(rows).differences] == ["events"]
    rows[place] = replace(rows[place], rule="entry-again")
    assert [one.what for one in rerun(rows).differences] == ["rule: now entry-admitted"]


@pytest.mark.timeout(60)
async def test_every_decision_of_a_long_history_comes_out_the_same_again() -> None:
    """Hundreds of cars by badge, plate and PIN, with faults, an operator, kills of the worker and lost lines."""
    rng = Random(12)
    drivers = [badge(f"{number:08X}", rng.choice(["subscriber", "visitor", "staff"])) for number in range(1, 101)]
    async with CarPark(badges=drivers) as park:
        for step in range(240):
            lane = rng.choice(["entry", "exit"])
            match rng.randrange(16):
                case 0 | 1 | 2 | 3:
                    await park.when(READER, {"uid": rng.choice(drivers).uid, "lane": lane})
                case 4 | 5 | 6 | 7:
                    plate = f"AB{rng.randrange(100, 160)}CD"
                    await park.when(CAMERA, {"plate": plate, "lane": lane, "confidence": 0.95})
                case 8:
                    await park.when(READER, rng.choice(["PIN_IN", "PIN_OUT", "DEADBEEF", "00000001"]))
                case 9 | 10:
                    await park.when(SENSOR, rng.choice(["0", "1"]), retain=True)
                case 11:
                    await park.when(ERROR, rng.choice(["OK", "READ_FAIL threshold=5"]), retain=True)
                case 12:
                    opening = OpenLane(lane=Lane(lane), reason=OpenReason.GOODWILL, author="op")
                    await park.request(Address("site", "default"), opening)
                case 13:
                    happened_at = park.clock.now() - timedelta(minutes=rng.randrange(1, 600))
                    told = {"plate": f"AB{rng.randrange(100, 160)}CD", "lane": lane}
                    body = {"ts": happened_at.timestamp(), "topic": "vision/plate", "payload": told}
                    await park.when("parking/replay/event", body)
                case 14:
                    await park.when("parking/sync/req", {"src": "edge", "inside": [drivers[0].uid, "ZZ999ZZ"]})
                case _:
                    await park.when("parking/sync/req", "1")
                    await park.when("parking/bridge/state", rng.choice(["0", "1"]), retain=True)
            await park.pass_time(rng.choice([0.0, 1.0, 11.0, 70.0]))
            if step % 60 == 59:
                await park.restart()
        rows = park.recorded()
        assert park.faults_of_journals() == []

    found = rerun(rows)
    assert [(one.row.rule, one.what) for one in found.differences] == []
    assert found.left_out == {}
    assert found.same == len(rows) > 300
