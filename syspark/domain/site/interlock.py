"""When a lane that was held open may be told to close: the one order that could hurt somebody.

Source: domain.md, "Commands to the site": presence clear for 10 s, with a picture at most 2 s old, never in an
emergency, never on a lane without sensor. The site's own safety edges stay the last word.
"""

from syspark.domain.decision import Command, Moment, later
from syspark.domain.orders import BarrierAction, Because, MoveBarrier
from syspark.domain.site.state import SiteSetup, SiteState
from syspark.domain.units import Lane


def open_and_hold(lane: Lane, setup: SiteSetup, at: Moment) -> Command:
    """Open a lane that is held open from now on."""
    order = MoveBarrier(lane=lane, because=Because.HELD_OPEN)
    return Command(id=at.command_id(0), order=order, expires_at=later(at.now, setup.policy.barrier_expiry_s))


def close_after_hold(state: SiteState, name: Lane, setup: SiteSetup, at: Moment) -> tuple[Command, ...]:
    """Close it again, or nothing: then it stays as it is until the site, or the next car, moves it."""
    lane, policy = state.lane(name), setup.policy
    if state.emergency is not None or not state.watched(name, setup.sensors) or lane.present:
        return ()
    clear_since, seen_at = lane.cycle_since, lane.photo_at
    if clear_since is None or (at.now - clear_since).total_seconds() < policy.close_clear_s:
        return ()
    if seen_at is None or (at.now - seen_at).total_seconds() > policy.close_picture_s:
        return ()
    order = MoveBarrier(lane=name, action=BarrierAction.CLOSE)
    return (Command(id=at.command_id(0), order=order, expires_at=later(at.now, policy.barrier_expiry_s)),)
