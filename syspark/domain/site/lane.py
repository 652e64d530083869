"""Which lane a badge was held to, where the reader does not say.

Source: contract.md, "Rule for a badge without lane".
"""

from datetime import datetime

from syspark.domain.site.state import Answer, SiteSetup, SiteState, Visit
from syspark.domain.units import Lane


def lane_of_read(
    said: Lane | None, state: SiteState, visit: Visit | None, setup: SiteSetup, fact_at: datetime, now: datetime
) -> tuple[Lane, str]:
    """The lane and the rule that tells it."""
    if said is not None:
        return said, "lane-said"
    waiting = [lane for lane in Lane if _vehicle_waits(state, lane, setup)]
    if len(waiting) == 1:
        return waiting[0], "lane-vehicle-waits"
    if visit is None:
        return Lane.ENTRY, "lane-no-session"
    if not visit.inside:
        return (Lane.EXIT, "lane-same-exit") if same_exit(visit, setup, now) else (Lane.ENTRY, "lane-no-session")
    if still_outside(visit, setup, now):
        return Lane.ENTRY, "lane-still-outside"
    if just_entered(visit, setup, fact_at):
        return Lane.ENTRY, "lane-just-entered"
    return Lane.EXIT, "lane-open-session"


def _vehicle_waits(state: SiteState, lane: Lane, setup: SiteSetup) -> bool:
    known = state.lane(lane)
    return lane in setup.sensors and known.present and known.trusted


def still_outside(visit: Visit, setup: SiteSetup, now: datetime) -> bool:
    """Whether the driver is taken to stand at the entry still: nothing shows that the barrier let them in.

    Counted from the last attempt, not from the fact: after an outage both lie far apart.
    """
    return (
        visit.inside
        and not visit.confirmed
        and visit.opened_at is not None
        and (now - visit.tried_at).total_seconds() < setup.policy.entry_unconfirmed_s
    )


def just_entered(visit: Visit, setup: SiteSetup, fact_at: datetime) -> bool:
    """Whether the visit is too young for its vehicle to be at the exit already."""
    return visit.opened_at is not None and (fact_at - visit.opened_at).total_seconds() <= setup.policy.exit_after_s


def same_exit(visit: Visit, setup: SiteSetup, now: datetime) -> bool:
    """Whether a vehicle that was let out stands there still, because its opening did not happen."""
    return (
        visit.left_at is not None
        and visit.answer is not Answer.GOOD
        and (now - visit.left_at).total_seconds() < setup.policy.same_exit_s
    )
