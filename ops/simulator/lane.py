"""A lane: cars in line, the front one at the barrier, and what its driver does when nothing opens.

A driver badges, waits, badges again; at the entry gives up and turns back, at the exit has an attendant open by hand:
nobody is kept in.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from ops.simulator.agenda import Agenda, Planned
from ops.simulator.barrier import Barrier, Opener
from ops.simulator.board import Board
from ops.simulator.layout import LaneName
from ops.simulator.sensor import Sensor
from ops.simulator.truth import PIN, Ask, Doubt, SiteTruth, Stay

REACHING_S = (2.0, 6.0)
PATIENCE_S = (8.0, 20.0)
PASSING_S = (3.0, 5.0)
MOVING_UP_S = (2.5, 5.0)
ENTRY_TRIES = 4
UNKNOWN_TRIES = 2
CALLS_AFTER_S = 45.0
CALLS_EVERY_S = 15.0
CLOSED_AFTER_S = 60.0
"""After a car has gone, somebody looks whether its session is still open, when it had called or nobody can know."""


@dataclass(slots=True)
class Driver:
    """Who stands at the front. `was_read` rightly, by badge or plate; `was_seen`: a camera told some plate."""

    stay: Stay
    tries: int = 0
    was_read: bool = False
    was_seen: bool = False
    passing: bool = False
    calls: int = 0
    next_try: Planned | None = None


@dataclass(frozen=True, slots=True)
class LaneEvents:
    """Who hears of a badge held to the reader, of a plate told, of a car through, gone, or at the front."""

    asked: Callable[[Ask], None]
    seen: Callable[[Ask], None]
    passed: Callable[[Stay], None]
    turned_back: Callable[[Stay], None]
    arrived: Callable[[Stay], None]
    calls: Callable[["Call"], None]


@dataclass(frozen=True, slots=True)
class Call:
    """A driver at the exit asks for help, for the `times`-th time; `was_read`: the service can know who it is.

    `answered` is told when somebody presses for it: what that opens is explained from then on. `has_left`: it is gone,
    and nobody has to open any more.
    """

    stay: Stay
    times: int
    was_read: bool
    answered: Callable[[], None]
    has_left: bool = False


class Lane:
    """One lane; `board`, `barrier` and `sensor` are fitted after it is made, since they report to it."""

    def __init__(
        self,
        name: LaneName,
        agenda: Agenda,
        chance: Random,
        truth: SiteTruth,
        *,
        misread: float,
        key_after_s: float,
        told: LaneEvents,
    ) -> None:
        self.name = name
        self._agenda = agenda
        self._chance = chance
        self._truth = truth
        self._misread = misread
        self._key_after_s = key_after_s
        self._told = told
        self._line: deque[Stay] = deque()
        self._moving_up = False
        self.front: Driver | None = None
        self.board: Board
        self.barrier: Barrier
        self.sensor: Sensor | None = None

    def __len__(self) -> int:
        return len(self._line) + (self.front is not None)

    def come(self, stay: Stay) -> None:
        """A car joins the line."""
        self._line.append(stay)
        self._move_up_soon(self._chance.uniform(0.5, 2.0))

    def opened(self, by: Opener, command_id: str | None) -> None:
        """The arm is up: whoever stands there drives on."""
        driver = self.front
        waits = driver is not None and (driver.tries > 0 or driver.was_seen) and not driver.passing
        if by == "cloud":
            waiting = driver.stay if driver is not None and waits else None
            passing = driver.stay if driver is not None and driver.passing else None
            self._truth.executed(self.name, self._agenda.now_s, command_id, waiting, passing)
        if driver is None or driver.passing:
            return
        if by == "cloud" and not (driver.was_read or driver.was_seen):
            driver.stay.doubts.add(Doubt.UNREAD)
        driver.passing = True
        self.barrier.occupied(under_it=True)
        if driver.next_try is not None:
            driver.next_try.call_off()
        self._agenda.after(self._chance.uniform(*PASSING_S), self._through)

    def plate_told(self, stay: Stay, plate: str) -> None:
        """A camera has told a plate of a car at the front: its own, or one that it mistook for it."""
        self._told.seen(self._truth.asked(self.name, self._agenda.now_s, stay))
        told = stay.told if plate == stay.plate else stay.mistold
        told[self.name].setdefault(plate, self._agenda.now_s)
        driver = self.front
        if driver is not None and driver.stay is stay:
            driver.was_seen = True
            driver.was_read = driver.was_read or plate == stay.plate

    def doubt_waiting(self, doubt: Doubt) -> None:
        """Something happens that nobody can see through from outside, while a car waits here."""
        if self.front is not None and (self.front.tries or self.front.was_seen):
            self.front.stay.doubts.add(doubt)

    def _move_up_soon(self, delay_s: float) -> None:
        if self.front is None and not self._moving_up and self._line:
            self._moving_up = True
            self._agenda.after(delay_s, self._move_up)

    def _move_up(self) -> None:
        self._moving_up = False
        self.front = driver = Driver(self._line.popleft())
        if self.sensor is not None:
            self.sensor.sees(car=True)
            driver.stay.was_sensed = driver.stay.was_sensed or not self.sensor.failing
        self._told.arrived(driver.stay)
        driver.next_try = self._agenda.after(self._chance.uniform(*REACHING_S), self._try)
        driver.stay.stood_s.setdefault(self.name, self._agenda.now_s)
        if self.name == "exit":
            self._agenda.after(CALLS_AFTER_S, lambda: self._call(driver))

    def _try(self) -> None:
        driver = self.front
        if driver is None or driver.passing:
            return
        if self._has_waited_enough(driver):
            self._give_up(driver)
            return
        driver.tries += 1
        driver.next_try = self._agenda.after(self._chance.uniform(*PATIENCE_S), self._try)
        if driver.stay.plan == "pin":
            self._type_pin(driver)
            return
        self._told.asked(self._truth.asked(self.name, self._agenda.now_s, driver.stay))
        misread = self._chance.random() < self._misread
        driver.was_read = driver.was_read or not misread
        if not misread:
            driver.stay.told[self.name].setdefault(driver.stay.uid, self._agenda.now_s)
        self.board.badge(driver.stay.uid, sent_as=self._garbled(driver.stay.uid) if misread else None)

    def _call(self, driver: Driver) -> None:
        if driver is self.front and not driver.passing:
            driver.calls += 1
            if driver.stay.called_s is None:
                driver.stay.called_s = self._agenda.now_s
            self._truth.called(self.name, self._agenda.now_s, driver.stay)
            self._told.calls(self._call_of(driver))
            self._agenda.after(CALLS_EVERY_S, lambda: self._call(driver))

    def _call_of(self, driver: Driver, *, has_left: bool = False) -> Call:
        def answered() -> None:
            self._truth.answered(self.name, self._agenda.now_s, driver.stay)

        return Call(driver.stay, driver.calls, driver.was_read, answered, has_left)

    def _type_pin(self, driver: Driver) -> None:
        """The controller opens by itself, and tells of a PIN that it has accepted only: a wrong one stays in there."""
        mistyped = self._chance.random() < self._misread
        if self.board.enter_pin(self.board.pin[::-1] if mistyped else self.board.pin):
            driver.stay.told[self.name].setdefault(PIN, self._agenda.now_s)
            self._told.asked(self._truth.asked(self.name, self._agenda.now_s, driver.stay))

    def _has_waited_enough(self, driver: Driver) -> bool:
        if self.name == "exit":
            return self._agenda.now_s - driver.stay.stood_s["exit"] > self._key_after_s
        return driver.tries >= (UNKNOWN_TRIES if driver.stay.is_stranger else ENTRY_TRIES)

    def _garbled(self, uid: str) -> str:
        """What a reader makes of a badge held badly: too short, or another number that nobody has."""
        return uid[: self._chance.randint(2, 7)] if self._chance.random() < 0.5 else "FF" + uid[2:]

    def _give_up(self, driver: Driver) -> None:
        if not driver.was_read:
            driver.stay.doubts.add(Doubt.UNREAD)
        if self.name == "exit":
            driver.stay.doubts.add(Doubt.UNPAID if self.board.payment is not None else Doubt.BY_HAND)
            self.barrier.open("hand")
            return
        driver.stay.turned_back_s = self._agenda.now_s
        if not driver.stay.is_stranger:
            driver.stay.doubts.add(Doubt.GAVE_UP)
        self._leave_front()
        self._told.turned_back(driver.stay)

    def _through(self) -> None:
        driver = self.front
        assert driver is not None
        if self.name == "entry":
            driver.stay.entered_s = self._agenda.now_s
        else:
            driver.stay.left_s = self._agenda.now_s
            if not driver.stay.is_linked:
                driver.stay.doubts.add(Doubt.UNLINKED)
        self.barrier.occupied(under_it=False)
        self._leave_front()
        self._told.passed(driver.stay)

    def _leave_front(self) -> None:
        driver, self.front = self.front, None
        assert driver is not None
        is_gone = self.name == "exit" or driver.stay.entered_s is None
        if is_gone and (driver.calls or driver.stay.doubts):
            over = self._call_of(driver, has_left=True)
            self._agenda.after(CLOSED_AFTER_S, lambda: self._told.calls(over))
        if self.sensor is not None:
            self.sensor.sees(car=False)
        self._move_up_soon(self._chance.uniform(*MOVING_UP_S))
