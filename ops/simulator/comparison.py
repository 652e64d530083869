"""What comes out when the truth of the field is compared with the sessions in a database: figures and differences."""

from collections import Counter
from dataclasses import dataclass, field, replace

from ops.simulator.truth import Doubt

TOLERANCE_S = 10.0
LISTED = 20
LATE_SHARE = 0.01
"""Of all stays: so many drivers may be left standing by a service that was too slow for a moment."""


@dataclass(frozen=True, slots=True)
class Period:
    """When the field lived, in Unix seconds of its clock, and how far times may lie apart.

    `outages`: the service was away at times that the field does not know.
    """

    since_s: float
    until_s: float
    tolerance_s: float = TOLERANCE_S
    outages: bool = False

    def of_site(self, cut_since_s: float | None) -> "Period":
        """The same for a site whose line is cut at the end: it has told nothing since."""
        if cut_since_s is None:
            return self
        return replace(self, until_s=min(self.until_s, cut_since_s + self.tolerance_s))

    @property
    def settled_s(self) -> float:
        """What happened before this has had the time to be known."""
        return self.until_s - self.tolerance_s


@dataclass(slots=True)
class Comparison:
    """The outcome. It is fine when every stay agrees or is in review, nobody was left standing, and every opening was
    asked for once, lately.

    `differ` are stays that exact rules decide from what was told, `neither` those of which too little was told for it,
    with the reasons in `doubts`: they too have to agree, or to be in review. `never_told`: no message told of the car.

    Who was not served is counted and excused where the service was away, on purpose, while they stood there; with
    `outages` wherever that was. So are a few whose openings it withheld because it came to them too late, as its rules
    demand.
    """

    agree: int = 0
    in_review: int = 0
    reviewed_for: Counter[str] = field(default_factory=Counter)
    differ: list[str] = field(default_factory=list)
    doubts: Counter[Doubt] = field(default_factory=Counter)
    in_doubt: int = 0
    neither: list[str] = field(default_factory=list)
    never_told: int = 0
    refused: int = 0
    unserved: list[str] = field(default_factory=list)
    served_late: int = 0
    served_by_nobody: int = 0
    stays: int = 0
    outages: bool = False
    wrong_matches: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)
    past_openings: list[str] = field(default_factory=list)
    executed_twice: list[str] = field(default_factory=list)
    openings: int = 0

    @property
    def is_fine(self) -> bool:
        """Whether truth and database say the same wherever that can be told."""
        late = self.served_late > LATE_SHARE * self.stays
        unserved = (self.unserved or self.held or late) and not self.outages
        wrong = self.differ or self.neither or self.wrong_matches
        return not (wrong or unserved or self.unexplained or self.past_openings or self.executed_twice)

    def table(self) -> str:
        """The figures, and the first differences in words."""
        lines = [
            f"{'stays that agree':<32}{self.agree:>8}",
            f"{'stays in review':<32}{self.in_review:>8}",
            *_counted(self.reviewed_for),
            f"{'stays that differ':<32}{len(self.differ):>8}",
            f"{'strangers, no session':<32}{self.refused:>8}",
            f"{'stays too little was told of':<32}{self.in_doubt:>8}",
            *_counted(self.doubts),
            f"{'  that neither agree nor wait':<32}{len(self.neither):>8}",
            f"{'stays nothing was told of':<32}{self.never_told:>8}",
            f"{'known drivers not served':<32}{len(self.unserved):>8}",
            f"{'decided or sent too late to open':<32}{self.served_late:>8}",
            f"{'not served by who was away':<32}{self.served_by_nobody:>8}",
            f"{'wrong matches':<32}{len(self.wrong_matches):>8}",
            f"{'held over the timed release':<32}{len(self.held):>8}",
            f"{'openings by command':<32}{self.openings:>8}",
            f"{'unexplained openings':<32}{len(self.unexplained):>8}",
            f"{'openings for the past':<32}{len(self.past_openings):>8}",
            f"{'commands executed twice':<32}{len(self.executed_twice):>8}",
        ]
        for findings in (
            self.differ,
            self.neither,
            self.wrong_matches,
            self.unserved,
            self.held,
            self.unexplained,
            self.past_openings,
            self.executed_twice,
        ):
            lines += [f"  {finding}" for finding in findings[:LISTED]]
            if len(findings) > LISTED:
                lines.append(f"  and {len(findings) - LISTED} more")
        return "\n".join(lines)


def _counted(reasons: Counter[str] | Counter[Doubt]) -> list[str]:
    """Why, in a line of its own."""
    why = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
    return [f"{'':<32}{'':>8}  {why}"] if why else []
