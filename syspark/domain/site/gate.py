"""Whether the entry opens for what a reading is worth; no exit is refused by this. Source: domain.md, "Access"."""

from msgspec.structs import replace

from syspark.domain.access import VISITOR, CredentialKind, Grant, Plan, Refusal, Right, clocks_of, holds, worth
from syspark.domain.decision import later
from syspark.domain.messages import LaneMode
from syspark.domain.site.alone import opens_alone
from syspark.domain.site.places import places_for
from syspark.domain.site.quarantine import stands_open
from syspark.domain.site.reading import Case
from syspark.domain.site.state import Visit
from syspark.domain.units import Lane

ALWAYS_IN = frozenset({Plan.STAFF, Plan.EMERGENCY})
"""Who opens the site has to come before it opens."""


def grant_of(case: Case, lane: Lane, right: Right | None) -> Grant | Refusal:
    """What a badge or a plate is worth at a lane; of the pool, a vehicle that is inside already has its place.

    A stay is free for a while after its right has ended. Source: domain.md, "Access": the visitor tariff starts later.
    """
    if right is None:
        return Refusal.UNKNOWN
    policy, visit = case.setup.policy, case.known.visit
    own = visit is not None and visit.inside and right.pool is not None and visit.pool == right.pool.id
    found = worth(right, lane, case.at.fact_at, clocks_of(case.setup.zone), policy.pool_full, own_place=own)
    if isinstance(found, Grant) and found.until is not None:
        return replace(found, until=later(found.until, policy.right_grace_s))
    if right.credential.kind is CredentialKind.PLATE and found in {Refusal.NOT_YET, Refusal.ENDED, Refusal.OTHER_LANE}:
        # Whoever has no right, or has it no more, is a visitor.
        return VISITOR
    return found


def entry_refusal(case: Case, grant: Grant | Refusal, leaving: Visit | None = None) -> Refusal | None:
    """Why nobody begins a visit by this grant now; the place of `leaving`, whose exit was missed, is free."""
    if isinstance(grant, Refusal):
        return grant
    policy, plan = case.setup.policy, grant.plan
    if plan is Plan.EMERGENCY or stands_open(case.state, Lane.ENTRY, case.at.fact_at):
        return None
    if case.state.lane(Lane.ENTRY).mode is LaneMode.CLOSED:
        return Refusal.LANE_CLOSED
    hours = policy.opening_hours if plan not in ALWAYS_IN else ()
    if hours and not holds(hours, case.at.fact_at, clocks_of(case.setup.zone)):
        return Refusal.CLOSED_HOURS
    if plan is Plan.VISITOR and not policy.visitors_admitted:
        return Refusal.NO_VISITORS
    if opens_alone(case.state, case.known.right):
        return None  # its controller opens at this moment: who is refused here would be inside unknown
    return None if places_for(plan, case.state, case.setup, leaving) > 0 else Refusal.FULL
