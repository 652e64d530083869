"""What a campaign does, and what it found."""

from collections import Counter
from dataclasses import dataclass, field

FOUND_WITHIN_S = 120.0


@dataclass(frozen=True, slots=True)
class Plan:
    """One due a site. `times`: how often each webhook is posted at once; `lost`: the share that never is.

    `two_tabs`: offers that are paid twice, by two pages. `kills`: how often the worker is killed meanwhile,
    and once the web process.
    """

    seed: int
    dues: int = 6
    two_tabs: int = 1
    times: int = 5
    lost: float = 0.1
    forgeries: int = 100
    kills: int = 2
    answer_p99_s: float = 0.5


@dataclass
class Report:
    """What was counted; `problems` are the promises that were broken, one a line."""

    plan: Plan
    answers_s: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    forged: Counter[int] = field(default_factory=Counter)
    deaths: Counter[str] = field(default_factory=Counter)
    found_after_s: list[float] = field(default_factory=list)
    counted: int = 0
    sent_back: int = 0
    ledger_cents: int = 0
    provider_cents: int = 0
    exits: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def p99_s(self) -> float:
        """The slowest answer but one in a hundred."""
        return sorted(self.answers_s)[int(len(self.answers_s) * 0.99)] if self.answers_s else 0.0

    def __str__(self) -> str:
        plan, found = self.plan, self.found_after_s
        lines = [
            f"seed {plan.seed}: {plan.dues} dues, {plan.two_tabs} of them paid twice, each webhook {plan.times} times",
            f"answers to webhooks  {dict(self.statuses)}, p99 {self.p99_s * 1000:.0f} ms of {len(self.answers_s)}",
            f"forgeries            {plan.forgeries}: answered {dict(self.forged)}",
            f"never delivered      {len(found)}, the last found after {max(found, default=0):.0f} s",
            f"kills                {dict(self.deaths)}",
            f"payments that count  {self.counted} of {plan.dues} dues; sent back {self.sent_back}",
            f"ledger, provider     {self.ledger_cents} and {self.provider_cents} cents",
            f"exits opened         {self.exits} of {plan.dues}",
            *(f"BROKEN  {problem}" for problem in self.problems),
        ]
        return "\n".join(lines)
