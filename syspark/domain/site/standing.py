"""Whether the driver of a reading that a site has kept may stand there still. Source: domain.md, "Offline sites"."""

from datetime import datetime, timedelta

from syspark.domain.access import Right
from syspark.domain.decision import Moment
from syspark.domain.facts import BadgeRead, PinAccepted, PlateRead
from syspark.domain.messages import Reported
from syspark.domain.site.alone import opens_alone
from syspark.domain.site.state import SiteSetup, SiteState
from syspark.domain.units import Lane

PAST_AFTER_S = 10
"""An older replayed reading opens nothing any more, and is of the past: a younger one may be of who stands there."""
SENSED = timedelta(seconds=2)
"""A sensor may tell of a vehicle so much later than a camera, by clocks that are measured a little wrong."""


def is_past(reported: Reported, state: SiteState, right: Right | None, setup: SiteSetup, at: Moment) -> bool:
    """Whether a report is of the past: then nothing but visits follows from it.

    `right` is that of the badge read: whom the controllers open for, by badge or PIN, they have let through there
    and then.
    """
    if not reported.replayed:
        return False
    match reported.fact:
        case BadgeRead(lane=lane):
            said, alone = lane, lane is not None and opens_alone(state, right)
        case PinAccepted(lane=lane):
            said, alone = lane, True
        case PlateRead(lane=lane):
            said, alone = lane or setup.lane_of(reported.device), False
        case _:
            return True
    old = not 0 <= at.age_s <= PAST_AFTER_S
    return old or alone or (said is not None and has_gone(state, said, setup, at.fact_at))


def has_gone(state: SiteState, name: Lane, setup: SiteSetup, read_at: datetime) -> bool:
    """Whether a sensor shows that who was read at a lane stands there no more: nobody does, or the next car."""
    lane = state.lane(name)
    if not state.watched(name, setup.sensors):
        return False
    return not lane.present or (lane.present_at is not None and lane.present_at > read_at + SENSED)
