"""How many places there are for whom. Source: domain.md, "Access": capacities per class and reserved quotas."""

from msgspec.structs import replace

from syspark.domain.access import Plan
from syspark.domain.site.state import SiteSetup, SiteState, Visit


def places_for(plan: Plan, state: SiteState, setup: SiteSetup, leaving: Visit | None = None) -> int:
    """How many vehicles may still enter under a plan."""
    policy = setup.policy
    free = setup.capacity - state.occupancy + (leaving is not None)
    if not (policy.reserved or policy.at_most):
        return free
    inside = dict(state.inside)
    if leaving is not None:
        inside[leaving.plan] = inside.get(leaving.plan, 0) - 1
    kept = sum(max(0, places - inside.get(whose, 0)) for whose, places in policy.reserved.items() if whose is not plan)
    most = policy.at_most.get(plan)
    return free - kept if most is None else min(free - kept, most - inside.get(plan, 0))


def shown_places(state: SiteState, setup: SiteSetup, change: int, plan: Plan) -> int:
    """How many places the displays count: those for anybody, once `change` vehicles more are inside under a plan."""
    if setup.policy.reserved or setup.policy.at_most:
        inside = {**state.inside, plan: state.inside.get(plan, 0) + change}
        state, change = replace(state, occupancy=state.occupancy + change, inside=inside), 0
    return min(setup.capacity, max(0, places_for(Plan.VISITOR, state, setup) - change))
