"""What a simulated site is going to do, in order of time. No clock: time is told by who steps it."""

import heapq
from collections.abc import Callable
from itertools import count

Act = Callable[[], object]


class Planned:
    """One act that is going to happen, unless it is called off."""

    __slots__ = ("act", "at_s", "order")

    def __init__(self, at_s: float, order: int, act: Act) -> None:
        self.at_s = at_s
        self.order = order
        self.act: Act | None = act

    def __lt__(self, other: "Planned") -> bool:
        return (self.at_s, self.order) < (other.at_s, other.order)

    def call_off(self) -> None:
        """It will not happen."""
        self.act = None


class Agenda:
    """Acts happen at their planned time, then in the order they were planned. Times are Unix seconds of the field."""

    def __init__(self, now_s: float) -> None:
        self.now_s = now_s
        self._heap: list[Planned] = []
        self._order = count()

    def at(self, when_s: float, act: Act) -> Planned:
        """Plan an act; one planned for the past happens at the next step."""
        planned = Planned(max(when_s, self.now_s), next(self._order), act)
        heapq.heappush(self._heap, planned)
        return planned

    def after(self, delay_s: float, act: Act) -> Planned:
        """Plan an act in `delay_s` seconds."""
        return self.at(self.now_s + delay_s, act)

    def advance(self, until_s: float) -> None:
        """Let everything happen that is due by `until_s`, each at its own time; time never goes back."""
        while self._heap and self._heap[0].at_s <= until_s:
            planned = heapq.heappop(self._heap)
            self.now_s = max(self.now_s, planned.at_s)
            if planned.act is not None:
                planned.act()
        self.now_s = max(self.now_s, until_s)

    @property
    def next_s(self) -> float | None:
        """When something happens next, None when nothing is planned."""
        while self._heap and self._heap[0].act is None:
            heapq.heappop(self._heap)
        return self._heap[0].at_s if self._heap else None
