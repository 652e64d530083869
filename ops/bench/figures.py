"""What was measured, beside what it is held against."""

import enum
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

Pair = tuple[float, float]
"""The service's figure and its floor's, of one round."""


class Held(enum.Enum):
    """What a target speaks of."""

    RATIO_AT_LEAST = enum.auto()
    RATIO_AT_MOST = enum.auto()
    AT_MOST = enum.auto()


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure should be. Source: the performance targets, repeated in docs/performance.md."""

    held: Held
    value: float

    def is_met(self, service: float, ratio: float | None) -> bool:
        """Whether a figure with this ratio to its floor is good enough; a ratio that is not known is not."""
        match self.held:
            case Held.AT_MOST:
                return service <= self.value
            case Held.RATIO_AT_MOST:
                return ratio is not None and ratio <= self.value
            case Held.RATIO_AT_LEAST:
                return ratio is not None and ratio >= self.value

    def __str__(self) -> str:
        match self.held:
            case Held.AT_MOST:
                return f"<= {self.value:g}"
            case Held.RATIO_AT_MOST:
                return f"<= {self.value:g} x floor"
            case Held.RATIO_AT_LEAST:
                return f">= {self.value:.0%} of floor"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `ratio` is the median of the rounds' own ratios, since rounds differ more than pairs."""

    part: str
    what: str
    unit: str
    service: float | None
    floor: float | None = None
    ratio: float | None = None
    target: Target | None = None
    note: str = ""

    @property
    def is_met(self) -> bool | None:
        """Whether the target is met; None without a target, or without a figure."""
        if self.target is None or self.service is None:
            return None
        return self.target.is_met(self.service, self.ratio)


def paired(part: str, what: str, unit: str, rounds: Sequence[Pair], target: Target | None = None) -> Figure:
    """A figure from interleaved rounds."""
    return Figure(
        part,
        what,
        unit,
        service=statistics.median(service for service, _ in rounds),
        floor=statistics.median(floor for _, floor in rounds),
        ratio=statistics.median(service / floor for service, floor in rounds),
        target=target,
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of all does not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * round(share * 1000) // 1000) - 1)]
