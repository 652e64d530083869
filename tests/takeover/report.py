"""What a run has shown, for people and for the test."""

from collections import defaultdict
from dataclasses import dataclass

from tests.killing.evidence import Evidence
from tests.killing.generator import Publication
from tests.killing.oracle import Verdict
from tests.takeover.plan import Plan

WITHIN_S = 15.0
SHOWN = 5
KINDS = ("lost", "double", "late", "undone")


@dataclass(frozen=True, slots=True)
class Takeover:
    """Times are seconds since 1970; `took_s` until the other worker, or anybody, held everything."""

    kind: str
    began_at: float
    over_at: float
    took_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`outdated`: what an owner did after its successor had begun; `heard`: commands whose epoch was compared, of which
    the equipment refused those that came too late.
    """

    plan: Plan
    verdict: Verdict
    takeovers: tuple[Takeover, ...]
    outdated: tuple[str, ...]
    heard: int
    refused: int
    surprises: tuple[str, ...]
    publications: tuple[Publication, ...]
    evidence: Evidence

    @property
    def problems(self) -> tuple[str, ...]:
        """Everything that must not be; empty when the promise holds."""
        found = [f"{kind}: {one}" for kind in KINDS for one in getattr(self.verdict, kind)]
        found += [f"outdated: {one}" for one in self.outdated]
        found += [f"slow: {one.kind} took {one.took_s:.1f} s" for one in self.takeovers if one.took_s > WITHIN_S]
        return (*found, *self.surprises)

    def longest_wait_s(self, takeover: Takeover) -> float:
        """How long the unluckiest badge of a takeover waited at the broker for a worker."""
        received = self.evidence.received_at
        waits = [
            received[one.event.digest] - one.acknowledged_at
            for one in self.publications
            if one.acknowledged_at is not None
            and takeover.began_at <= one.sent_at <= takeover.over_at
            and one.event.digest in received
        ]
        return max(waits, default=0.0)

    def __str__(self) -> str:
        verdict, plan = self.verdict, self.plan
        counts = "   ".join(f"{kind} {len(getattr(verdict, kind))}" for kind in KINDS)
        by_kind: dict[str, list[Takeover]] = defaultdict(list)
        for takeover in self.takeovers:
            by_kind[takeover.kind].append(takeover)
        lines = [
            f"seed {plan.seed}: {len(self.takeovers)} takeovers of two workers with {plan.partitions} partitions",
            f"{verdict.acknowledged} events acknowledged, {verdict.executed} barrier commands executed",
            f"{verdict.waited} badges waited over 10 s on the way",
            f"{counts}   outdated {len(self.outdated)}",
            f"{self.heard} commands came to the equipment, {self.refused} of them after their expiry",
        ]
        for kind, those in by_kind.items():
            took = sorted(one.took_s for one in those)
            waits = max(self.longest_wait_s(one) for one in those)
            lines.append(
                f"  {kind}: {len(those)}, taken over in {took[len(took) // 2]:.1f} s, at most {took[-1]:.1f} s; "
                f"the longest an event waited: {waits:.1f} s"
            )
        lines += [f"  {problem}" for problem in self.problems[: SHOWN * len(KINDS)]]
        return "\n".join(lines)
