"""What an operator wants of a lane, from when to when. Source: domain.md, "Identity and fusion", lane modes."""

from syspark.domain.decision import Decision, Moment, Timer
from syspark.domain.messages import LaneMode, SetLaneMode
from syspark.domain.site.events import LaneModeChanged, SiteEvent
from syspark.domain.site.state import ModeSpan, SiteState
from syspark.domain.units import Lane

MODE_TIMER = "lane-mode"


def set_lane_mode(state: SiteState, asked: SetLaneMode, at: Moment) -> Decision[SiteEvent]:
    """Put a lane into a mode now or later; `controlled` ends whatever was wanted of it.

    Refused when it would end before it begins, or begin later while the lane is in another mode: one wish at a time.
    """
    lane = state.lane(asked.lane)
    starts_at = max(asked.starts_at or at.now, at.now)
    if asked.ends_at is not None and asked.ends_at <= starts_at:
        return Decision(rule="lane-mode-never", refused="it would end before it begins")
    if asked.mode is LaneMode.CONTROLLED:
        return _changed(asked.lane, LaneMode.CONTROLLED, None, at)
    later = starts_at > at.now
    if later and lane.mode is not LaneMode.CONTROLLED:
        return Decision(rule="lane-mode-busy", refused=f"the lane is {lane.mode.value} now: end that first")
    span = ModeSpan(
        mode=asked.mode, starts_at=starts_at, ends_at=asked.ends_at, author=asked.author, reason=asked.reason
    )
    return _changed(asked.lane, LaneMode.CONTROLLED if later else asked.mode, span, at)


def mode_due(state: SiteState, name: Lane, at: Moment) -> Decision[SiteEvent]:
    """Begin or end a lane's mode when its time has come."""
    span = state.lane(name).span
    if span is None:
        return Decision(rule="lane-mode-of-nothing")
    if span.ends_at is not None and span.ends_at <= at.now:
        return _changed(name, LaneMode.CONTROLLED, None, at)
    return _changed(name, span.mode if span.starts_at <= at.now else LaneMode.CONTROLLED, span, at)


def _changed(name: Lane, mode: LaneMode, span: ModeSpan | None, at: Moment) -> Decision[SiteEvent]:
    changed = LaneModeChanged(lane=name, mode=mode, span=span, at=at.now)
    due = None if span is None else span.ends_at if mode is span.mode else span.starts_at
    timer = Timer(key=f"{MODE_TIMER}:{name}", at=due)
    return Decision(rule=f"lane-{mode.value.replace('_', '-')}", events=(changed,), timers=(timer,))
