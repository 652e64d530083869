"""What an operator wants of a lane, from when to when. Source: domain.md, "Identity and fusion", lane modes."""

from syspark.domain.decision import Command, Decision, Moment, Timer
from syspark.domain.messages import LaneMode, SetLaneMode
from syspark.domain.site.events import LaneModeChanged, SiteEvent
from syspark.domain.site.interlock import close_after_hold, open_and_hold
from syspark.domain.site.state import ModeSpan, SiteSetup, SiteState
from syspark.domain.units import Lane

MODE_TIMER = "lane-mode"


def set_lane_mode(state: SiteState, asked: SetLaneMode, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    """Put a lane into a mode now or later; `controlled` ends whatever was wanted of it.

    Refused when it would end before it begins, or begin later while the lane is in another mode: one wish at a time.
    """
    lane = state.lane(asked.lane)
    starts_at = max(asked.starts_at or at.now, at.now)
    if asked.ends_at is not None and asked.ends_at <= starts_at:
        return Decision(rule="lane-mode-never", refused="it would end before it begins")
    if asked.mode is LaneMode.CONTROLLED:
        return _changed(state, asked.lane, LaneMode.CONTROLLED, None, setup, at)
    later = starts_at > at.now
    if later and lane.mode is not LaneMode.CONTROLLED:
        return Decision(rule="lane-mode-busy", refused=f"the lane is {lane.mode.value} now: end that first")
    span = ModeSpan(
        mode=asked.mode, starts_at=starts_at, ends_at=asked.ends_at, author=asked.author, reason=asked.reason
    )
    return _changed(state, asked.lane, LaneMode.CONTROLLED if later else asked.mode, span, setup, at)


def mode_due(state: SiteState, name: Lane, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    """Begin or end a lane's mode when its time has come."""
    span = state.lane(name).span
    if span is None:
        return Decision(rule="lane-mode-of-nothing")
    if span.ends_at is not None and span.ends_at <= at.now:
        return _changed(state, name, LaneMode.CONTROLLED, None, setup, at)
    return _changed(state, name, span.mode if span.starts_at <= at.now else LaneMode.CONTROLLED, span, setup, at)


def _changed(
    state: SiteState, name: Lane, mode: LaneMode, span: ModeSpan | None, setup: SiteSetup, at: Moment
) -> Decision[SiteEvent]:
    before = state.lane(name).mode
    commands: tuple[Command, ...] = ()
    if mode is LaneMode.HELD_OPEN and before is not mode:
        commands = (open_and_hold(name, setup, at),)
    elif before is LaneMode.HELD_OPEN and mode is not before:
        commands = close_after_hold(state, name, setup, at)
    changed = LaneModeChanged(lane=name, mode=mode, span=span, at=at.now)
    due = None if span is None else span.ends_at if mode is span.mode else span.starts_at
    timer = Timer(key=f"{MODE_TIMER}:{name}", at=due)
    return Decision(rule=f"lane-{mode.value}", events=(changed,), commands=commands, timers=(timer,))
