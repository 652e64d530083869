"""What a run has shown, for people and for the test."""

from collections import Counter
from dataclasses import dataclass

from tests.killing.evidence import Evidence
from tests.killing.generator import Publication
from tests.killing.oracle import Verdict
from tests.killing.plan import Plan

SHOWN = 5
KINDS = ("lost", "double", "late", "undone")


@dataclass(frozen=True, slots=True)
class Report:
    """`let_in`: the drivers who badged again after an opening that was withheld or unknown."""

    plan: Plan
    verdict: Verdict
    deaths: Counter[str]
    surprises: tuple[str, ...]
    evidence: Evidence
    let_in: dict[Publication, bool]
    exit_status: int
    audit: str

    @property
    def problems(self) -> tuple[str, ...]:
        """Everything that must not be; empty when the promise holds."""
        verdict = self.verdict
        found = [f"{kind}: {one}" for kind in KINDS for one in getattr(verdict, kind)]
        found += self.surprises
        found += [self._shut_out(publication) for publication, was in self.let_in.items() if not was]
        found += [f"after SIGTERM the worker ended with {self.exit_status}"] if self.exit_status else []
        found += [f"audit verify: {self.audit}"] if self.audit else []
        return tuple(found)

    def _shut_out(self, publication: Publication) -> str:
        event, outcomes = publication.event, self.evidence.outcomes
        decided = ", ".join(outcomes.get(event.digest, ("nothing",)))
        where = f"{event.uid} on {event.site.name}"
        return f"not let in at the next badge: {where}, first {publication.follow_up}, then {decided}"

    def __str__(self) -> str:
        verdict, plan = self.verdict, self.plan
        fates = Counter(command.fate for command in self.evidence.commands)
        counts = "   ".join(f"{kind} {len(getattr(verdict, kind))}" for kind in KINDS)
        lines = [
            f"seed {plan.seed}: {verdict.acknowledged} events acknowledged on {plan.sites + 2} sites",
            f"{sum(self.deaths.values())} kills, {verdict.executed} barrier commands executed",
            f"{verdict.waited} badges waited over 10 s on the way",
            f"{counts}   (lost by the broker itself: {len(verdict.broker_lost)})",
            "killed: " + ", ".join(f"{place} {count}" for place, count in sorted(self.deaths.items())),
            "fates of barrier commands: " + ", ".join(f"{fate} {count}" for fate, count in sorted(fates.items())),
            f"let in at the next badge: {sum(self.let_in.values())} of {len(self.let_in)}",
        ]
        for kind in KINDS:
            findings = getattr(verdict, kind)
            lines += [f"  {kind}: {finding}" for finding in findings[:SHOWN]]
            lines += [f"  {kind}: and {len(findings) - SHOWN} more"] if len(findings) > SHOWN else []
        others = [problem for problem in self.problems if problem.split(":")[0] not in KINDS]
        return "\n".join([*lines, *(f"  {problem}" for problem in others)])
