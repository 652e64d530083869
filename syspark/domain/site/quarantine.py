"""What is believed of stays during which a lane stood open. Source: domain.md, "Lane modes"; decision record 18.

While a lane is held open, or without its arm, vehicles pass that nobody reads: what is not read then bills nobody.
"""

from datetime import datetime

from msgspec.structs import replace

from syspark.domain.messages import LaneMode
from syspark.domain.policy import SitePolicy
from syspark.domain.review import Review
from syspark.domain.site.events import LaneModeChanged
from syspark.domain.site.state import OpenSpan, SiteState
from syspark.domain.units import Lane

HELD_OPEN = "held-open"
"""Why nobody is asked to pay at an exit that stands open."""
SPANS_KEPT = 16


def spans_after(state: SiteState, changed: LaneModeChanged) -> tuple[OpenSpan, ...]:
    """From when to when lanes stood open, after a change of mode."""
    stands = state.lane(changed.lane).mode in _OPEN
    if (changed.mode in _OPEN) == stands:
        return state.open_spans
    if not stands:
        return (*state.open_spans, OpenSpan(lane=changed.lane, since=changed.at))[-SPANS_KEPT:]
    return tuple(
        replace(one, until=changed.at) if one.lane is changed.lane and one.until is None else one
        for one in state.open_spans
    )


def stands_open(state: SiteState, lane: Lane, at: datetime) -> bool:
    """Whether a lane stood open at a time."""
    return any(
        one.lane is lane and one.since <= at and (one.until is None or at < one.until) for one in state.open_spans
    )


def unasked(state: SiteState, opened_at: datetime | None, at: datetime) -> str | None:
    """Why a vehicle read at the exit is asked for nothing, None when nothing speaks against asking."""
    if stands_open(state, Lane.EXIT, at):
        return HELD_OPEN
    left = [one.since for one in state.open_spans if one.lane is Lane.EXIT and _overlaps(one, opened_at, at)]
    back = (one for one in state.open_spans if one.lane is Lane.ENTRY and _overlaps(one, opened_at, at))
    if opened_at is not None and left and any(one.until is None or one.until > min(left) for one in back):
        return Review.STAY_IN_DOUBT
    return None


def may_have_come_unread(state: SiteState, policy: SitePolicy, at: datetime) -> bool:
    """Whether a vehicle at the exit may have come in while the entry stood open, in the longest stay there is."""
    return any(
        one.lane is Lane.ENTRY
        and one.since <= at
        and (one.until is None or (at - one.until).total_seconds() <= policy.longest_stay_s)
        for one in state.open_spans
    )


def _overlaps(span: OpenSpan, since: datetime | None, until: datetime) -> bool:
    return since is not None and span.since < until and (span.until is None or span.until > since)


_OPEN = frozenset({LaneMode.HELD_OPEN, LaneMode.UNCONTROLLED})
