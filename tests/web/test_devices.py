"""The devices of a site's page: never online what was not heard, and one trouble where there is one."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from syspark.domain.decision import Moment
from syspark.domain.device import Twin, decide, evolve
from syspark.domain.facts import (
    AclReported,
    AclWritten,
    BarrierReported,
    BridgeReported,
    Fact,
    FloorReported,
    PresenceReported,
    RadioReported,
    SensorErrorReported,
    SyncRequested,
    WeatherReported,
)
from syspark.domain.messages import CameraRead, DeviceMessage, Life, LifeChanged, Reported
from syspark.domain.units import DeviceName, Lane, Uid
from syspark.web_ports import DeviceLine
from tests.web.field import Field, ago
from tests.web.serving import Reader
from web import language
from web.reading.devices import BELIEVED_FOR_S, device, devices, weather

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
NOW = NOON + timedelta(seconds=5)
AT = Moment(now=NOON, fact_at=NOON, cause=UUID(int=1))
NAME = DeviceName("device")
SKY = WeatherReported(ville="Brest", description="pluie", temperature=-3.5, humidite=90, vent=40)


def line(*messages: DeviceMessage, name: str = "sensor_gate", seen_s: float | None = 0) -> DeviceLine:
    """A device whose twin the domain itself has made, last heard some seconds after noon."""
    twin = Twin()
    for message in messages:
        for event in decide(twin, message, None, AT).events:
            twin = evolve(twin, event)
    seen_at = None if seen_s is None else NOON + timedelta(seconds=seen_s)
    return DeviceLine(name, name, None, seen_at, msgspec.json.encode(twin) if messages else None)


def life(value: Life, *, unsteady: bool = False) -> LifeChanged:
    """What the vigil told."""
    return LifeChanged(device=NAME, life=value, heard_at=NOON, unsteady=unsteady)


def said(fact: Fact) -> Reported:
    """A device reports."""
    return Reported(device=NAME, fact=fact)


def health(found: DeviceLine) -> str:
    """How a device is shown."""
    return device(found, NOW).health


def detail(found: DeviceLine) -> str | None:
    """What is said of it, in English."""
    sentence = device(found, NOW).detail
    return str(language.words("en").say(sentence)) if sentence else None


def test_what_does_not_beat_is_heard_and_never_online() -> None:
    assert health(line(seen_s=None)) == "silent"
    assert health(line()) == "heard"
    assert health(line(said(FloorReported(current=1)), seen_s=None)) == "heard"
    assert device(line(said(FloorReported(current=1)), seen_s=None), NOW).seen_at == NOON


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (life(Life.ONLINE), "online"),
        (life(Life.STALE), "late"),
        (life(Life.OFFLINE), "offline"),
        (life(Life.STALE, unsteady=True), "unsteady"),
    ],
)
def test_what_beats_is_shown_as_its_twin_was_told(told: LifeChanged, shown: str) -> None:
    assert health(line(told)) == shown
    if shown != "online":
        assert detail(line(told)) == "No heartbeat since 12:00:00"


def test_nothing_is_online_that_this_cloud_has_not_heard_for_long() -> None:
    beats = line(life(Life.ONLINE), seen_s=3)
    assert device(beats, NOON + timedelta(seconds=BELIEVED_FOR_S)).health == "online"
    assert device(beats, NOON + timedelta(seconds=BELIEVED_FOR_S + 4)).health == "late"


def test_a_fault_is_told_by_its_text_until_ok() -> None:
    broken, fine = (
        said(SensorErrorReported(code="READ_FAIL", detail="threshold=5")),
        said(SensorErrorReported(code="OK")),
    )
    assert (health(line(life(Life.ONLINE), broken)), detail(line(broken))) == ("fault", "READ_FAIL threshold=5")
    assert health(line(life(Life.ONLINE), broken, fine)) == "online"


@pytest.mark.parametrize(
    ("messages", "text"),
    [
        ([said(FloorReported(current=0))], "Floor 0"),
        ([said(FloorReported(current=0, target=2, moving=True))], "Floor 0, on its way to 2"),
        ([said(FloorReported(current=0, moving=True))], "Floor 0, moving"),
        ([said(PresenceReported(present=True))], "Sees a vehicle"),
        ([said(PresenceReported(present=False))], "Sees nobody"),
        ([said(BarrierReported(lane=Lane.ENTRY, state="opening"))], "The arm goes up"),
        ([said(RadioReported(error=False, text="TX idle"))], "TX idle"),
        ([said(SyncRequested())], "Asked for its state"),
        ([said(AclReported(entries=(Uid("A1B2C3D4"), Uid("0BADCAFE"))))], "Badges held: 2"),
        (
            [said(AclReported(entries=(Uid("A1B2C3D4"),))), said(AclWritten(ok=True))],
            "Badges held: 1; last written 12:00:00",
        ),
        ([said(AclWritten(ok=False))], "SD_WRITE error"),
        ([CameraRead(device=NAME)], "Plates read: 1"),
        ([CameraRead(device=NAME), CameraRead(device=NAME, doubtful=True)], "Plates read: 2, doubtful: 1"),
        ([said(SKY)], None),
    ],
)
def test_each_device_says_what_it_last_said(messages: list[DeviceMessage], text: str | None) -> None:
    assert detail(line(*messages)) == text


def test_a_camera_says_how_well_it_reads_and_is_looked_at_when_that_is_worse_than_ever() -> None:
    well = [CameraRead(device=NAME, lane=Lane.EXIT)] * 250
    worse = [CameraRead(device=NAME, lane=Lane.EXIT, missed=car < 10) for car in range(50)]
    elsewhere = [CameraRead(device=NAME, lane=Lane.ENTRY)] * 251
    assert health(line(*elsewhere, *well)) == "heard"
    assert detail(line(*well)) == "At Exit 100 % of the last 50 vehicles read, 100 % in 7 days"
    low = line(*elsewhere, *well, *worse)
    assert health(low) == "misreads"
    assert detail(low) == "At Exit 80 % of the last 50 vehicles read, 100 % in 7 days"


def test_a_cut_link_is_one_trouble_and_makes_nothing_behind_it_online() -> None:
    cut = line(said(BridgeReported(online=False)), name="bridge")
    lines = [cut, line(life(Life.ONLINE)), line(said(FloorReported(current=1)), name="ascenseur"), line(name="camera")]
    shown = {one.name: one.health for one in devices(lines, NOW)}
    assert shown == {"bridge": "offline", "sensor_gate": "cut", "ascenseur": "cut", "camera": "cut"}
    lines[0] = line(said(BridgeReported(online=True)), name="bridge")
    assert {one.name: one.health for one in devices(lines, NOW)}["sensor_gate"] == "online"


def test_the_weather_is_that_last_told() -> None:
    assert weather([line(), line(said(FloorReported(current=0)))]) is None
    found = weather([line(), line(said(SKY), name="meteo")])
    assert found is not None
    assert (found.place, found.temperature, found.rain, found.at) == ("Brest", -3.5, None, NOON)


def test_a_twin_of_another_release_is_shown_as_never_understood() -> None:
    assert health(DeviceLine("radio", "radio", None, None, b'{"error":3}')) == "silent"


async def test_the_page_tells_health_and_weather_in_both_languages(operator: Reader, field: Field) -> None:
    at = ago(3).isoformat()
    field.state({"occupancy": 7})
    field.twin("bridge", {"reported": {"type": "bridge", "online": True}, "reported_at": at})
    field.twin("sensor_gate", {"life": "stale", "heard_at": at})
    field.twin("meteo", {"reported": {"type": "weather", "temperature": 11.5, "ville": "<b>Brest"}, "reported_at": at})
    text = await operator.get("/sites/default")
    for part in ("Devices: 1 to look at", "late", "No heartbeat since", "11.5 °C", "&lt;b&gt;Brest", "connected since"):
        assert part in text
    await operator.post("/preferences", language="fr", to="/sites")
    text = await operator.get("/sites/default")
    for part in ("en retard", "Aucun battement depuis", "11,5 °C", "connecté depuis"):
        assert part in text
