"""What a device's twin holds, family by family, and what becomes of its health."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from syspark.domain.decision import Moment, ToSite
from syspark.domain.device import Health, Twin, decide, digest, evolve
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
from syspark.domain.messages import CameraRead, DeviceMessage, Life, LifeChanged, Reported, SensorTrustChanged
from syspark.domain.record import record
from syspark.domain.units import DeviceName, Lane, Uid

NOON = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
NAME = DeviceName("device")
BROKEN = SensorErrorReported(code="READ_FAIL", detail="threshold=5 consecutive_failures=5")
FINE = SensorErrorReported(code="OK")


@dataclass
class Device:
    """A twin told message by message; `told` is what its site heard of it."""

    lane: Lane | None = None
    twin: Twin = field(default_factory=Twin)
    rules: list[str] = field(default_factory=list)
    told: list[object] = field(default_factory=list)
    second: float = 0.0

    def tell(self, message: DeviceMessage) -> Health | None:
        """Decide a message a second after the one before."""
        self.second += 1
        now = NOON + timedelta(seconds=self.second)
        decision = decide(self.twin, message, self.lane, Moment(now=now, fact_at=now, cause=UUID(int=1)))
        for event in decision.events:
            self.twin = evolve(self.twin, event)
        # What is stored is what is read back.
        assert msgspec.json.decode(msgspec.json.encode(self.twin), type=Twin) == self.twin
        self.rules.append(decision.rule)
        self.told += [handover.message for handover in decision.handovers if isinstance(handover, ToSite)]
        return self.twin.health

    def report(self, *facts: Fact) -> Health | None:
        """Report facts; the health after the last one."""
        for fact in facts:
            self.tell(Reported(device=NAME, fact=fact))
        return self.twin.health

    def live(self, life: Life, *, unsteady: bool = False) -> Health | None:
        """The vigil notices something."""
        return self.tell(LifeChanged(device=NAME, life=life, heard_at=NOON, unsteady=unsteady))


def trust(*, trusted: bool) -> SensorTrustChanged:
    """What a site hears of its entry's sensor."""
    return SensorTrustChanged(lane=Lane.ENTRY, trusted=trusted)


def test_of_a_device_never_heard_nothing_is_claimed() -> None:
    assert Device().twin.health is None


@pytest.mark.parametrize(
    "fact",
    [
        PresenceReported(present=True),
        FloorReported(current=0, target=2, moving=True),
        RadioReported(error=False, text="TX idle"),
        SyncRequested(boot=True),
        WeatherReported(ville="Brest", description="pluie", temperature=11.5, humidite=90, vent=40),
        BarrierReported(lane=Lane.ENTRY, state="open"),
    ],
    ids=lambda fact: type(fact).__name__,
)
def test_a_device_that_only_speaks_is_heard_and_not_online(fact: Fact) -> None:
    device = Device()
    assert device.report(fact) is Health.HEARD
    assert (device.twin.reported, device.twin.reported_at) == (fact, NOON + timedelta(seconds=1))


def test_missed_heartbeats_make_a_device_stale_then_offline_and_one_beat_brings_it_back() -> None:
    device = Device()
    assert [device.live(life) for life in (Life.ONLINE, Life.STALE, Life.OFFLINE, Life.ONLINE)] == [
        Health.ONLINE,
        Health.STALE,
        Health.OFFLINE,
        Health.ONLINE,
    ]
    assert device.rules == ["device-online", "device-stale", "device-offline", "device-back"]
    assert (device.twin.life_at, device.twin.heard_at) == (NOON + timedelta(seconds=4), NOON)


def test_the_same_life_told_again_changes_nothing() -> None:
    device = Device()
    device.live(Life.STALE)
    before = device.twin
    device.live(Life.STALE)
    assert (device.twin, device.rules[-1]) == (before, "life-unchanged")
    device.live(Life.STALE, unsteady=True)
    assert (device.twin.unsteady, device.rules[-1]) == (True, "device-unsteady")
    device.live(Life.ONLINE)
    assert (device.twin.unsteady, device.twin.health) == (False, Health.ONLINE)


def test_a_sensor_s_error_is_a_fault_until_ok_and_its_presence_proves_nothing_meanwhile() -> None:
    device = Device(Lane.ENTRY)
    device.live(Life.ONLINE)
    assert device.report(BROKEN) is Health.FAULT
    assert device.twin.error == "READ_FAIL threshold=5 consecutive_failures=5"
    device.report(BROKEN)
    assert device.told == [trust(trusted=False)]
    assert device.report(FINE) is Health.ONLINE
    assert device.told == [trust(trusted=False), trust(trusted=True)]


def test_a_sensor_that_is_gone_is_not_believed_and_its_fault_outlasts_its_return() -> None:
    device = Device(Lane.ENTRY)
    device.live(Life.ONLINE)
    device.live(Life.STALE)
    assert device.told == []
    assert device.live(Life.OFFLINE) is Health.OFFLINE
    assert device.report(BROKEN) is Health.OFFLINE
    assert device.told == [trust(trusted=False)]
    assert device.live(Life.ONLINE) is Health.FAULT
    assert device.told == [trust(trusted=False)]
    device.report(FINE)
    assert device.told == [trust(trusted=False), trust(trusted=True)]


def test_a_barrier_s_fault_is_its_own_and_leaves_the_sensor_believed() -> None:
    device = Device(Lane.ENTRY)
    assert device.report(BarrierReported(lane=Lane.ENTRY, state="fault", code="MOTOR")) is Health.FAULT
    assert device.twin.error == "fault MOTOR"
    assert device.report(BarrierReported(lane=Lane.ENTRY, state="closed")) is Health.HEARD
    assert (device.rules, device.told) == (["fault-raised", "fault-cleared"], [])
    assert device.twin.reported == BarrierReported(lane=Lane.ENTRY, state="closed")


def test_a_radio_s_error_is_a_fault_until_ok_and_its_status_is_kept() -> None:
    device = Device()
    status = RadioReported(error=False, text="TX idle")
    assert device.report(status, RadioReported(error=True, text="TX_TIMEOUT antenne")) is Health.FAULT
    assert (device.twin.error, device.twin.reported) == ("TX_TIMEOUT antenne", status)
    assert device.report(RadioReported(error=False, text="TX sending")) is Health.FAULT
    assert device.report(RadioReported(error=True, text="ok")) is Health.HEARD


def test_a_bridge_is_online_by_its_word_and_offline_by_its_last_will() -> None:
    device = Device()
    assert device.report(BridgeReported(online=True)) is Health.ONLINE
    assert device.report(BridgeReported(online=False)) is Health.OFFLINE
    assert device.report(BridgeReported(online=True)) is Health.ONLINE
    assert device.twin.reported_at == NOON + timedelta(seconds=3)


def test_a_list_of_badges_is_kept_with_its_count_and_a_digest_of_what_is_in_it() -> None:
    device = Device()
    entries = (Uid("A1B2C3D4"), Uid("0BADCAFE"), Uid("A1B2C3D4"))
    device.report(AclReported(entries=entries, version=7))
    assert device.twin.badges is not None
    assert (device.twin.badges.count, device.twin.badges.version) == (2, 7)
    assert device.twin.badges.digest == digest((Uid("0BADCAFE"), Uid("A1B2C3D4")))
    assert device.twin.badges.digest != digest((Uid("0BADCAFE"),))


def test_both_boards_answer_a_write_and_one_that_could_not_is_a_fault_until_a_later_write() -> None:
    device = Device()
    done, failed = AclWritten(ok=True), AclWritten(ok=False)
    assert device.report(done, failed) is Health.FAULT
    assert device.twin.written is not None
    assert (device.twin.written.done, device.twin.written.failed) == (1, 1)
    assert device.report(failed, done) is Health.FAULT
    assert device.report(done) is Health.HEARD
    assert (device.twin.written.done, device.twin.written.failed) == (1, 0)
    device.second += 30
    device.report(done)
    assert device.twin.written.done == 1


def test_answers_to_two_versions_are_two_writes() -> None:
    device = Device()
    device.report(AclWritten(ok=True, version=1), AclWritten(ok=True, version=2))
    assert device.twin.written is not None
    assert (device.twin.written.done, device.twin.written.version) == (1, 2)


def test_a_camera_s_reads_are_counted_and_no_plate_is_kept() -> None:
    device = Device()
    device.tell(CameraRead(device=NAME))
    device.tell(CameraRead(device=NAME, doubtful=True))
    assert (device.twin.reads, device.twin.doubtful, device.twin.read_at) == (2, 1, NOON + timedelta(seconds=2))
    assert device.twin.health is Health.HEARD


def test_badges_of_a_list_stand_in_the_journal_as_personal_values_only() -> None:
    message = Reported(device=NAME, fact=AclReported(entries=(Uid("A1B2C3D4"),)))
    at = Moment(now=NOON, fact_at=NOON, cause=UUID(int=1))
    decision = decide(Twin(), message, None, at)
    inputs, personal = record(message, decision, {"twin": Twin()}, at)
    assert b"A1B2C3D4" not in inputs
    assert list(personal.values()) == ["A1B2C3D4"]
