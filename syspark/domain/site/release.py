"""When vehicles are let out because nobody can pay, and what waiting behind others is worth. Source: domain.md, "Timed
release" and "Exit and payment".
"""

from datetime import datetime

from syspark.domain.decision import Decision, Moment, Timer, also, later
from syspark.domain.site.events import ExitHeldUp, LaneOpened, LaneOpenedByHand, SiteEvent
from syspark.domain.site.state import SiteSetup, SiteState
from syspark.domain.units import Lane

RELEASE_TIMER = "release"


def release_timer(state: SiteState, setup: SiteSetup, at: Moment) -> tuple[Timer, ...]:
    """When who is asked to pay is let out, or a person called, should payments not work by then."""
    since = state.payments_down_since
    if since is None:
        return ()
    return (Timer(key=RELEASE_TIMER, at=max(at.now, later(since, setup.policy.payments_down_s))),)


def queued_s(state: SiteState, setup: SiteSetup, at: datetime) -> int:
    """So many seconds a vehicle that is read at the exit has waited behind another one there.

    Nobody sees a queue: whoever comes within the time it took to build up is taken to have stood in it.
    """
    held_up = state.held_up
    if held_up is None or at < held_up.until:
        return 0
    seconds = min((held_up.until - held_up.since).total_seconds(), setup.policy.queue_credit_at_most_s)
    return int(seconds) if (at - held_up.until).total_seconds() <= seconds else 0


def held_up(state: SiteState, setup: SiteSetup, at: Moment) -> tuple[SiteEvent, ...]:
    """That the vehicle which leaves a watched exit has kept others waiting behind it."""
    return _taken_since(state.lane(Lane.EXIT).present_at, setup, at)


def kept_waiting(state: SiteState, decision: Decision[SiteEvent], setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    """The decision, which also tells that a vehicle was let out that no sensor saw, after it had stood there long."""
    since = state.lane(Lane.EXIT).waiting_since
    if since is None or state.watched(Lane.EXIT, setup.sensors) or not any(map(_opens, decision.events)):
        return decision
    return also(decision, events=_taken_since(since, setup, at))


def _opens(event: SiteEvent) -> bool:
    match event:
        case LaneOpened(lane=Lane.EXIT, withheld=False) | LaneOpenedByHand(lane=Lane.EXIT):
            return True
        case _:
            return False


def _taken_since(since: datetime | None, setup: SiteSetup, at: Moment) -> tuple[SiteEvent, ...]:
    if since is None or (at.fact_at - since).total_seconds() <= setup.policy.exit_busy_s:
        return ()
    return (ExitHeldUp(since=since, until=at.fact_at),)
