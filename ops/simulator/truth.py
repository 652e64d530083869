"""What really happened on a site: every car's own times, and which car asked for each opening. Never published.

A stay in doubt is one that no exact rule can decide from what was published; the reasons are kept with it.
"""

import enum
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from ops.simulator.layout import LaneName

ASK_COUNTS_S = 10.0
"""How long after a read its command may still be carried out: the expiry of domain.md, "Commands to the site"."""

RELEASE_S = (180.0, 720.0)
"""How long after a call for help that nobody answers its lane opens by itself, at the latest. Source: help.py."""

TOGETHER_S = 10.0
"""How far apart plate and badge of one car may be read where no sensor watches: domain.md, "Identity and fusion"."""

BADGE_AFTER_PLATE_S, PLATE_AFTER_BADGE_S = 15.0, 60.0
"""How far apart they may be read of one vehicle anywhere: the same place."""

Plan = Literal["subscriber", "visitor", "pin", "unknown"]

PIN = "PIN"
"""What is told of whoever types the site's PIN: it is the same for everybody."""


class Doubt(enum.StrEnum):
    """Why exact matching cannot decide a stay."""

    LANE = "lane not told, and a car waited at the entry"
    LINK = "read or let in while the link was cut, or just after"
    AWAY = "read while the service was away, which v1 tells without lane and time"
    UNPAID = "let out by hand, asked to pay"
    BY_HAND = "let out by hand"
    UNREAD = "never read properly"
    UNLINKED = "nothing links the badge to the plate it came with"
    GAVE_UP = "turned back, which nothing published tells"
    BEFORE = "an earlier stay of the badge is in doubt"


UNSERVED = frozenset({Doubt.BY_HAND, Doubt.GAVE_UP})
"""With no other doubt than these, nothing explains why a driver was not served."""


@dataclass(slots=True)
class Stay:
    """One car's visit. Reads are when badge or plate was read, passages when the car had passed the arm.

    `told` is what was rightly told of it at a lane, its badge, plate or a PIN, and when first; `mistold` the plates
    that a camera took its own for. `stood_s` is when it stood at a barrier first, `called_s` when it asked for help.
    `was_sensed`: a sensor told of it.
    `dated_from_s`: reads at a lane that were told without a time may be dated as early as this.
    """

    vehicle: int
    site: str
    uid: str
    plan: Plan
    plate: str = ""
    entry_reads: list[float] = field(default_factory=list)
    exit_reads: list[float] = field(default_factory=list)
    entered_s: float | None = None
    left_s: float | None = None
    turned_back_s: float | None = None
    told: dict[LaneName, dict[str, float]] = field(default_factory=lambda: {"entry": {}, "exit": {}})
    mistold: dict[LaneName, dict[str, float]] = field(default_factory=lambda: {"entry": {}, "exit": {}})
    called_s: float | None = None
    stood_s: dict[LaneName, float] = field(default_factory=dict)
    dated_from_s: dict[LaneName, float] = field(default_factory=dict)
    doubts: set[Doubt] = field(default_factory=set)
    was_sensed: bool = False

    @property
    def keys(self) -> frozenset[str]:
        """What the car can be known by, its badge and its plate, and what that was taken for."""
        return frozenset({self.uid, self.plate, *self.mistold["entry"], *self.mistold["exit"]} - {""})

    @property
    def held_s(self) -> float:
        """How long it took from its first call for help at the exit until it was through; 0 when it did not call."""
        return self.left_s - self.called_s if self.left_s is not None and self.called_s is not None else 0.0

    @property
    def waited_s(self) -> tuple[float, float]:
        """From when until when it stood at the barrier it passed last, or turned back from."""
        lane: LaneName = "entry" if self.left_s is None else "exit"
        end_s = next(
            at_s for at_s in (self.left_s, self.turned_back_s, self.entered_s, float("inf")) if at_s is not None
        )
        return self.stood_s.get(lane, min(self.reads(lane), default=end_s)), end_s

    @property
    def is_linked(self) -> bool:
        """Whether what was told at the exit belongs to what was told at the entry for whoever saw only that.

        A plate and a badge are of one car when they come together at one lane; on a lane without sensor that is 10 s.
        A driver whose badge is read properly only long after the plate is two cars to whoever goes by the rules.
        """
        entry, leaving = self.told["entry"], self.told["exit"]
        if self.uid in entry and self.plate in entry:
            later_s = entry[self.uid] - entry[self.plate]
            if not -PLATE_AFTER_BADGE_S <= later_s <= BADGE_AFTER_PLATE_S:
                return False
        if not entry or not leaving or self.uid in entry or self.uid not in leaving:
            return not entry or not leaving or bool(entry.keys() & leaving.keys())
        return self.plate in leaving and leaving[self.uid] - leaving[self.plate] <= TOGETHER_S

    @property
    def was_told(self) -> bool:
        """Whether any message told of it: a reading, right or wrong, or a sensor's word."""
        return self.was_sensed or bool(self.entry_reads or self.exit_reads)

    @property
    def is_stranger(self) -> bool:
        """Whether nothing that was told of the car gives it a right to come in; a plate makes it a visitor."""
        seen = any(self.plate in told for told in self.told.values()) or any(self.mistold.values())
        return self.plan == "unknown" and not seen

    def tells(self, lane: LaneName) -> Iterable[tuple[str, float]]:
        """What was told of it at a lane, rightly or not, and when first."""
        return (*self.told[lane].items(), *self.mistold[lane].items())

    def dated_from(self, lane: LaneName, since_s: float) -> None:
        """What is read at a lane now may be dated as early as this."""
        self.dated_from_s[lane] = min(since_s, self.dated_from_s.get(lane, since_s))

    def earliest_s(self, lane: LaneName) -> float:
        """When its first read at a lane, which has one, may be dated at the earliest."""
        return min(self.reads(lane)[0], self.dated_from_s.get(lane, float("inf")))

    def reads(self, lane: LaneName) -> list[float]:
        """The reads at a lane."""
        return self.entry_reads if lane == "entry" else self.exit_reads


@dataclass(slots=True)
class Ask:
    """A read that may lead to one opening, at either lane when nothing told which one it was."""

    lane: LaneName
    at_s: float
    stay: Stay
    either: bool = False


@dataclass(frozen=True, slots=True)
class Execution:
    """A barrier carried out a command of the cloud. `explained` is False when no car had asked for it."""

    site: str
    lane: LaneName
    at_s: float
    command_id: str | None
    explained: bool


class SiteTruth:
    """The truth of one site. `late_s` is how long a read and its command may be on their way; `cut_since_s` since when
    it can tell nobody, `away_since_s` since when nobody listens.
    """

    def __init__(self, site: str, *, late_s: float = 0.0) -> None:
        self.site = site
        self.cut_since_s: float | None = None
        self.away_since_s: float | None = None
        self._cuts: list[tuple[float, float]] = []
        self._absences: list[tuple[float, float]] = []
        self.stays: list[Stay] = []
        self.executions: list[Execution] = []
        self._asks: deque[Ask] = deque()
        self._calls: deque[Ask] = deque()
        self._counts_s = ASK_COUNTS_S + late_s

    def cut(self, at_s: float) -> None:
        """Its line is cut, or was already."""
        if self.cut_since_s is None:
            self.cut_since_s = at_s

    def mended(self, at_s: float) -> None:
        """Its line stands."""
        if self.cut_since_s is not None:
            self._cuts.append((self.cut_since_s, at_s))
            self.cut_since_s = None

    def service_is(self, at_s: float, *, away: bool) -> None:
        """The service has been taken away, or is back."""
        if away:
            self.away_since_s = at_s
        elif self.away_since_s is not None:
            self._absences.append((self.away_since_s, at_s))
            self.away_since_s = None

    def was_away(self, since_s: float, until_s: float) -> bool:
        """Whether the service was away for some of this time."""
        return any(began_s <= until_s and since_s <= ended_s for began_s, ended_s in self._away(until_s))

    def held_s(self, stay: Stay) -> float:
        """How long a car that had called for help stood at the exit while its site could be told to open."""
        if stay.called_s is None or stay.left_s is None:
            return 0.0
        now = [] if self.cut_since_s is None else [(self.cut_since_s, stay.left_s)]
        counted_s, held_s = stay.called_s, 0.0
        for since_s, end_s in sorted([*self._cuts, *now, *self._away(stay.left_s)]):
            held_s += max(0.0, min(since_s, stay.left_s) - counted_s)
            counted_s = max(counted_s, end_s)
        return held_s + max(0.0, stay.left_s - counted_s)

    def _away(self, until_s: float) -> list[tuple[float, float]]:
        return self._absences if self.away_since_s is None else [*self._absences, (self.away_since_s, until_s)]

    @property
    def _taken_away_s(self) -> float:
        """When the service was taken away last."""
        return max((since_s for since_s, _ in self._away(float("inf"))), default=float("-inf"))

    def arrived(self, vehicle: int, uid: str, plan: Plan, plate: str = "") -> Stay:
        """A car comes to the site."""
        stay = Stay(vehicle, self.site, uid, plan, plate)
        self.stays.append(stay)
        return stay

    def asked(self, lane: LaneName, at_s: float, stay: Stay) -> Ask:
        """A driver holds a badge to a reader, or a camera reads the plate."""
        stay.reads(lane).append(at_s)
        ask = Ask(lane, at_s, stay)
        self._asks.append(ask)
        return ask

    def called(self, lane: LaneName, at_s: float, stay: Stay) -> None:
        """A driver calls for help: an operator opens, else the lane by itself, maybe when the car is gone."""
        self._calls.append(Ask(lane, at_s, stay))

    def answered(self, lane: LaneName, at_s: float, stay: Stay) -> None:
        """An operator presses for a driver's latest call, which counts from now on."""
        latest = next((call for call in reversed(self._calls) if call.stay is stay), None)
        if latest is not None:
            self._calls.remove(latest)
        self.called(lane, at_s, stay)

    def executed(
        self, lane: LaneName, at_s: float, command_id: str | None, waiting: Stay | None, passing: Stay | None = None
    ) -> Execution:
        """A command was carried out while `waiting`, who had asked and was not let in yet, stood there (or nobody).

        For `passing`, whom it has been opened for already, a service that was killed just after may open once more: it
        cannot know what became of its command. Source: field.py, `decide_again`.
        """
        for standing, counts_s in ((self._asks, self._counts_s), (self._calls, RELEASE_S[1])):
            while standing and standing[0].at_s < at_s - counts_s:
                standing.popleft()
        asks = [ask for ask in self._asks if ask.lane == lane or ask.either]
        asks.sort(key=lambda ask: (ask.stay is not waiting, ask.lane != lane, ask.at_s))
        called = next((call for call in self._calls if call.lane == lane and self._answers(at_s - call.at_s)), None)
        if asks:
            self._asks.remove(asks[0])
        elif waiting is None and called is not None:
            self._calls.remove(called)
        read_s = passing.reads(lane)[-1] if passing is not None and passing.reads(lane) else float("inf")
        again = read_s <= self._taken_away_s <= at_s <= read_s + self._counts_s
        explained = bool(asks) or waiting is not None or called is not None or again
        execution = Execution(self.site, lane, at_s, command_id, explained)
        self.executions.append(execution)
        return execution

    def _answers(self, after_s: float) -> bool:
        """Whether an opening so long after a call may be its: an operator's, or the timed release."""
        return after_s <= self._counts_s or after_s >= RELEASE_S[0]

    @property
    def unexplained(self) -> list[Execution]:
        """Openings no car had asked for."""
        return [execution for execution in self.executions if not execution.explained]

    @property
    def executed_twice(self) -> list[str]:
        """Commands that were carried out more than once."""
        seen: set[str] = set()
        ids = [execution.command_id for execution in self.executions if execution.command_id is not None]
        return [key for key in ids if key in seen or seen.add(key)]  # type: ignore[func-returns-value]
