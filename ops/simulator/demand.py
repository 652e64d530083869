"""Who comes to a site and for how long, so that over time it neither fills nor empties.

Cars come at random; fewer come when more than the target stand inside, more when fewer do. A stay lasts on average what
keeps the target at the given rate: cars inside = cars an hour x hours they stay.
"""

from collections import deque
from collections.abc import Callable
from random import Random

from ops.simulator.agenda import Agenda
from ops.simulator.camera import plate_of
from ops.simulator.layout import Badges, SiteLayout, Traffic
from ops.simulator.truth import Doubt, Plan, SiteTruth, Stay

MOST_TIMES_RATE = 3.0
FULL = 0.9  # of the capacity: above it nobody comes, so that the site never refuses for want of places
BACK_AFTER_S = 120.0
"""How soon a car that has left may be back: it has to drive round, and its badge would be taken for held twice."""
UNKNOWN_PREFIX = "E"
PIN_PREFIX = "0"
"""Of the number by which the truth knows a car without a badge: no reader ever sees it."""


class Demand:
    """One site's cars. `come` hears of each new one; `inside` counts those that hold a place or are about to."""

    def __init__(
        self,
        layout: SiteLayout,
        traffic: Traffic,
        badges: Badges,
        agenda: Agenda,
        chance: Random,
        truth: SiteTruth,
        come: Callable[[Stay], None],
    ) -> None:
        self._layout = layout
        self._traffic = traffic
        self._agenda = agenda
        self._chance = chance
        self._truth = truth
        self._come = come
        self._idle: dict[Plan, list[str]] = {
            "subscriber": list(badges.subscribers),
            "visitor": list(badges.visitors),
        }
        self._doubtful: deque[tuple[str, Plan]] = deque()
        self._vehicles = 0
        self._target = max(1.0, traffic.target * layout.capacity)
        self._mean_stay_s = 3600 * self._target / traffic.cars_per_hour
        self.inside = 0
        self.ended = False

    def start(self) -> None:
        """Let cars come from now on."""
        self._next()

    def end(self) -> None:
        """Nobody comes any more; who is inside stays as long as planned."""
        self.ended = True

    def adopt(self, uid: str, since_s: float, *, by_pin: bool = False) -> Stay:
        """A car that stands inside from an earlier run."""
        plan: Plan = "pin" if by_pin else "visitor" if uid in self._idle["visitor"] else "subscriber"
        if uid in self._idle.get(plan, ()):
            self._idle[plan].remove(uid)
        stay = self._arrival(uid, plan)
        stay.entry_reads.append(since_s)
        stay.told["entry"] = dict.fromkeys(stay.keys, since_s)
        stay.entered_s = since_s
        self.inside += 1
        return stay

    def parked_since(self, since_s: float) -> Stay | None:
        """A visitor who is said to stand inside since then; nobody when all badges are in use."""
        idle = self._idle["visitor"]
        return self.adopt(self._chance.choice(idle), since_s) if idle and not self.ended else None

    def stay_s(self, stay: Stay) -> float:
        """How long a car that has just entered will park."""
        if stay.plan != "subscriber":
            return self._chance.uniform(*self._traffic.visitor_stay_s)
        shortest = self._traffic.shortest_stay_s
        return shortest + self._chance.gammavariate(2.0, max(60.0, self._mean_stay_s - shortest) / 2.0)

    def entered(self, stay: Stay) -> None:
        """A car has passed the entry; a stranger who was waved through takes a place too."""
        if stay.plan == "unknown":
            self.inside += 1

    def gone(self, stay: Stay) -> None:
        """A car has left or turned back: its badge may come again, last of all when its stay left a doubt behind."""
        if stay.plan != "unknown" or stay.entered_s is not None:
            self.inside -= 1
        if stay.plan in self._idle:
            self._agenda.after(BACK_AFTER_S, lambda: self._at_hand(stay))

    def _at_hand(self, stay: Stay) -> None:
        if stay.doubts:
            self._doubtful.append((stay.uid, stay.plan))
        else:
            self._idle[stay.plan].append(stay.uid)

    def _next(self) -> None:
        if self.ended:
            return
        rate_per_s = MOST_TIMES_RATE * self._traffic.cars_per_hour / 3600
        self._agenda.after(self._chance.expovariate(rate_per_s), self._perhaps)

    def _perhaps(self) -> None:
        """One candidate of the fastest possible stream; as many are let through as the site is short of cars."""
        wanted = 1.0 + 2.0 * (self._target - self.inside) / self._target
        if not self.ended and self._chance.random() * MOST_TIMES_RATE < wanted:
            self._car()
        self._next()

    def _car(self) -> None:
        draw = self._chance.random()
        if draw < self._traffic.unknown:
            number = self._chance.getrandbits(28)
            self._come(self._arrival(f"{UNKNOWN_PREFIX}{number:07X}", "unknown"))
            return
        if self.inside >= FULL * self._layout.capacity:
            return
        of_badge = draw - self._traffic.unknown - self._traffic.pins
        if of_badge < 0:
            self.inside += 1
            self._come(self._arrival(f"{PIN_PREFIX}{self._chance.getrandbits(28):07X}", "pin"))
            return
        stay = self._with_badge("visitor" if of_badge < self._traffic.visitors else "subscriber")
        if stay is not None:
            self.inside += 1
            self._come(stay)

    def _with_badge(self, plan: Plan) -> Stay | None:
        idle = self._idle[plan] or self._idle["subscriber"]
        if idle:
            place = self._chance.randrange(len(idle))
            idle[place], idle[-1] = idle[-1], idle[place]
            return self._arrival(idle.pop(), plan if idle is self._idle[plan] else "subscriber")
        if self._doubtful:
            uid, plan = self._doubtful.popleft()
            stay = self._arrival(uid, plan)
            stay.doubts.add(Doubt.BEFORE)
            return stay
        return None

    def _arrival(self, uid: str, plan: Plan) -> Stay:
        self._vehicles += 1
        return self._truth.arrived(self._vehicles, uid, plan, plate_of(uid))
