"""A camera that reads fewer of its vehicles than in the week before is found within 50 cars."""

from datetime import UTC, datetime, timedelta

from syspark.clock import SteppedClock
from syspark.domain.alarm_kind import AlarmKind
from syspark.domain.decision import Moment, ToAlarms
from syspark.domain.device import Twin, decide, evolve
from syspark.domain.messages import AlarmCleared, AlarmRaised, CameraRead
from syspark.domain.read_rate import ReadRate, counted
from syspark.domain.units import DeviceName, Side
from syspark.ids import IdSource

NOON = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
VISION = DeviceName("vision")


class Camera:
    """A camera's twin, and what its alarms were told."""

    def __init__(self) -> None:
        self.twin = Twin()
        self.told: list[AlarmRaised | AlarmCleared] = []
        self.now = NOON
        self._ids = IdSource(SteppedClock(NOON))

    def cars(self, number: int, *, missed: int = 0, doubtful: int = 0, side: Side = Side.FRONT) -> None:
        """So many vehicles come by; the first are missed, the next read doubtfully."""
        for car in range(number):
            read = CameraRead(device=VISION, missed=car < missed, doubtful=missed <= car < missed + doubtful, side=side)
            at = Moment(now=self.now, fact_at=self.now, cause=self._ids.new())
            decision = decide(self.twin, read, None, at)
            for event in decision.events:
                self.twin = evolve(self.twin, event)
            self.told += [one.message for one in decision.handovers if isinstance(one, ToAlarms)]
            self.now += timedelta(minutes=1)


def test_50_cars_that_are_read_10_points_worse_than_in_the_week_before_are_an_alarm_until_they_are_not() -> None:
    camera = Camera()
    camera.cars(1)
    camera.cars(249)
    assert camera.told == []

    camera.cars(50, missed=3, doubtful=2)
    [raised] = camera.told
    assert isinstance(raised, AlarmRaised)
    assert (raised.kind, raised.about, raised.detail) == (AlarmKind.CAMERA_MISREADS, "vision", "90% / 100%")

    camera.cars(50)
    assert len(camera.told) == 2


def test_nine_points_are_no_alarm_and_a_new_camera_has_no_norm() -> None:
    camera = Camera()
    camera.cars(1)
    camera.cars(49, missed=25)
    assert camera.told == []
    assert camera.twin.rates[""].norm is None

    steady = Camera()
    steady.cars(1)
    steady.cars(249)
    steady.cars(50, missed=4)
    assert steady.told == []


def test_the_norm_is_of_7_days_and_forgets_what_was_before() -> None:
    rate = ReadRate()
    for day in range(20):
        for car in range(100):
            rate = counted(rate, NOON + timedelta(days=day), good=day < 10 or car % 2 == 0)
    assert rate.norm == 0.5
    assert len(rate.days) == 8


def test_a_camera_that_was_never_heard_misses_nothing() -> None:
    camera = Camera()
    camera.cars(60, missed=60)
    assert camera.twin == Twin()


def test_of_two_cameras_of_a_gateway_each_has_a_norm_of_its_own_and_one_alarm_stands_until_both_read_well() -> None:
    camera = Camera()
    for side in Side:
        camera.cars(250, side=side)
    camera.cars(50, missed=10, side=Side.REAR)
    camera.cars(50)
    [raised] = camera.told
    assert isinstance(raised, AlarmRaised)
    assert (raised.about, raised.detail) == ("vision", "rear 80% / 100%")

    camera.cars(50, side=Side.REAR)
    assert len(camera.told) == 2
    assert isinstance(camera.told[1], AlarmCleared)


def test_motorcycles_are_part_of_what_a_front_camera_usually_misses() -> None:
    camera = Camera()
    for _ in range(6):
        camera.cars(50, missed=6)
    assert camera.told == []
