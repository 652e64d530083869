"""Steps begun, gathered by package and by started day into the lines of a quote."""

from collections import Counter
from dataclasses import dataclass, field

from syspark.domain.tariff.bill import QuoteLine, What
from syspark.domain.tariff.clock import DAY_S
from syspark.domain.tariff.shape import CapBy, Tariff
from syspark.domain.tariff.week import Evening, Rate, Span
from syspark.domain.units import Cents

Items = Counter[tuple[What, str, Cents]]
"""How many of what, in which band or package, at what price."""


@dataclass(slots=True)
class _Day:
    """A started day: steps in no package, and the packages whose first step began in it."""

    items: Items = field(default_factory=Counter)
    evenings: list[tuple[int, Items]] = field(default_factory=list)


class Counted:
    """The steps of one stay. They are added in order of time, so that none is ever moved to another day or package."""

    def __init__(self, tariff: Tariff, free_minutes: int) -> None:
        self._tariff = tariff
        self._free_s = free_minutes * 60
        self._step_s = tariff.step_minutes * 60
        self._days: dict[int, _Day] = {}
        self._evenings: dict[Evening, Items] = {}

    def add(self, begins: int, ends: int, span: Span) -> None:
        """The steps that begin from `begins` to before `ends`, in billed seconds of the stay, at this rate."""
        longest = self._tariff.longest_minutes
        beyond = ends if longest is None else longest * 60
        self._count(begins, min(ends, beyond), span.day, What.STEP, span.rate)
        self._count(max(begins, beyond), ends, span.day, What.BEYOND, Rate(self._tariff.beyond_step_cents))

    def lines(self) -> list[QuoteLine]:
        """What is due for them; what costs nothing has no line."""
        items: Items = Counter()
        for day in self._days.values():
            due = day.items.copy()
            for place, steps in day.evenings:
                package = self._tariff.packages[place]
                if package.fixed or _cents(steps) > package.price_cents:
                    due[What.PACKAGE, package.name, package.price_cents] += 1
                else:
                    due += steps
            if _cents(due) > self._tariff.cap_cents:
                due = Counter({(What.DAY, "", self._tariff.cap_cents): 1})
            items += due
        return [
            QuoteLine(what=what, count=count, each_cents=each, total_cents=Cents(count * each), name=name)
            for (what, name, each), count in items.items()
            if each
        ]

    def _count(self, begins: int, ends: int, day: int, what: What, rate: Rate) -> None:
        number, last = self._first(begins - self._free_s), self._first(ends - self._free_s)
        while number < last:
            until = last
            if self._tariff.cap_by is CapBy.ROLLING:
                day = number * self._step_s // DAY_S
                until = min(last, self._first((day + 1) * DAY_S))
            self._items(day, rate)[what, rate.band, rate.cents] += until - number
            number = until

    def _first(self, since: int) -> int:
        """The number of the first step that begins so many seconds after the free minutes, or later."""
        return max(0, -(-since // self._step_s))

    def _items(self, day: int, rate: Rate) -> Items:
        of_day = self._days.setdefault(day, _Day())
        if rate.package is None:
            return of_day.items
        if rate.package not in self._evenings:
            self._evenings[rate.package] = Counter()
            of_day.evenings.append((rate.package[0], self._evenings[rate.package]))
        return self._evenings[rate.package]


def _cents(items: Items) -> int:
    return sum(count * cents for (_, _, cents), count in items.items())
