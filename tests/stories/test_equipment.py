"""Elevator, cameras and radio do what an operator asks, soon or not at all."""

import pytest

from actors.testing import CarPark
from syspark.domain.messages import Instruct, Instruction
from syspark.domain.orders import AskElevator, CameraMove, MoveCamera, SendElevator, SendRadio, TuneRadio
from syspark.domain.rerun import Rerun
from syspark.domain.units import DeviceName
from syspark.rows import Address, Fate, RowStatus

FLOOR = "parking/ascenseur/state"


async def ask(park: CarPark, device: str, order: Instruction, *, reason: str = "a guest waits") -> None:
    message = Instruct(device=DeviceName(device), order=order, reason=reason, author="Ana")
    await park.request(Address("device", f"default/{device}"), message)
    await park.pass_time(1)


@pytest.mark.parametrize(
    ("device", "order", "topic", "payload"),
    [
        ("ascenseur", SendElevator(floor=2), "parking/ascenseur/cmd", b"ETAGE2"),
        ("ascenseur", AskElevator(), "parking/ascenseur/get", b"1"),
        ("camera", MoveCamera(camera=1, move=CameraMove.LEFT), "parking/camera/cmd", b"cam1:left"),
        ("radio", SendRadio(text="PANNE NIVEAU 2"), "parking/radio/tx/cmd", b"PANNE NIVEAU 2"),
        ("radio", TuneRadio(text="CH=4"), "parking/radio/tx/params", b"CH=4"),
    ],
)
async def test_an_operator_asks_and_the_device_is_told_at_once(
    device: str, order: Instruction, topic: str, payload: bytes
) -> None:
    async with CarPark() as park:
        await ask(park, device, order)
        assert park.payloads(topic) == [payload]
        asked = (await park.twin(device)).asked
        assert asked is not None
        assert (asked.order, asked.author) == (order, "Ana")
        assert asked.fate in {"acked", "sent"}
        recorded = [row for row in park.recorded() if row.rule == "instructed"]
        assert b"a guest waits" in recorded[0].inputs, "the journal has who asked and why"


async def test_an_elevator_that_stands_where_it_was_sent_confirms_it() -> None:
    async with CarPark() as park:
        await ask(park, "ascenseur", SendElevator(floor=2))
        await park.when(FLOOR, {"current": 1, "target": 2, "moving": True}, retain=True)
        assert park.fates("elevator") == [Fate.ACKED]

        await park.when(FLOOR, {"current": 2, "target": 2, "moving": False}, retain=True)
        assert park.fates("elevator") == [Fate.CONFIRMED]
        asked = (await park.twin("ascenseur")).asked
        assert asked is not None
        assert asked.fate == "confirmed"


@pytest.mark.parametrize(
    ("device", "order", "kind", "seconds"),
    [
        ("camera", MoveCamera(camera=2, move=CameraMove.UP), "camera", 2),
        ("ascenseur", SendElevator(floor=1), "elevator", 30),
        ("radio", SendRadio(text="ESSAI"), "radio", 30),
    ],
)
async def test_what_could_not_be_sent_in_time_is_never_sent(
    device: str, order: Instruction, kind: str, seconds: int
) -> None:
    async with CarPark() as park:
        park.cut_broker()
        await ask(park, device, order)
        await park.pass_time(seconds)
        await park.mend_broker()
        assert park.orders == []
        assert park.fates(kind) == [Fate.EXPIRED]
        asked = (await park.twin(device)).asked
        assert asked is not None
        assert asked.fate == "expired"


async def test_what_was_under_way_when_the_worker_died_is_not_sent_again() -> None:
    async with CarPark() as park:
        park.cut_broker()
        await ask(park, "radio", SendRadio(text="ESSAI"))
        await park.restart()
        await park.mend_broker()
        assert park.orders == []
        assert park.fates("radio") == [Fate.UNKNOWN]


async def test_what_no_broker_answers_for_stays_sent_and_is_nothing_unfinished_at_the_next_start() -> None:
    async with CarPark() as park:
        await ask(park, "camera", MoveCamera(camera=1, move=CameraMove.LEFT))
        assert park.fates("camera") == [Fate.SENT]
        decided = len(park.rules())
        await park.restart()
        await park.pass_time(1)
        assert park.fates("camera") == [Fate.SENT]
        assert len(park.rules()) == decided


@pytest.mark.parametrize(
    ("device", "order", "reason"),
    [
        ("camera", SendElevator(floor=1), "a lift, please"),
        ("ascenseur", SendElevator(floor=1000), "up"),
        ("ascenseur", SendElevator(floor=1), " "),
        ("camera", MoveCamera(camera=7, move=CameraMove.UP), "look"),
        ("radio", SendRadio(text=""), "say"),
        ("radio", TuneRadio(text="x" * 201), "tune"),
    ],
)
async def test_what_makes_no_sense_is_refused_with_a_reason(device: str, order: Instruction, reason: str) -> None:
    async with CarPark() as park:
        await ask(park, device, order, reason=reason)
        assert park.orders == []
        [row] = park.rows(RowStatus.REFUSED)
        assert row.outcome


async def test_instructions_are_decided_again_from_the_journal() -> None:
    async with CarPark() as park:
        await ask(park, "ascenseur", SendElevator(floor=2))
        await park.when(FLOOR, {"current": 2}, retain=True)
        found = Rerun()
        for row in park.recorded():
            if row.actor == "device":
                found.add(row, {})
        assert found.same >= 3
        assert not found.differences
