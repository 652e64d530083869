"""How what concerns rights changes what a site knows: lane modes, enrolment, passback, PINs."""

from msgspec.structs import replace

from syspark.domain.site.events import (
    AccessEvent,
    BadgeOffered,
    ControllerHeard,
    CredentialChanged,
    EnrolmentBegun,
    HelpAsked,
    HelpEnded,
    LaneModeChanged,
    LineChanged,
    PassbackReset,
    PinGuessed,
)
from syspark.domain.site.quarantine import spans_after
from syspark.domain.site.state import SiteState
from syspark.domain.units import HolderKey


def access_after(state: SiteState, event: AccessEvent) -> SiteState:
    """The site's snapshot after an event."""
    match event:
        case EnrolmentBegun(lane=name, enrolment=enrolment):
            return state.with_lane(name, replace(state.lane(name), enrolment=enrolment))
        case BadgeOffered(lane=name, key=key):
            lane = state.lane(name)
            offered = replace(lane.enrolment, offered=key) if lane.enrolment is not None else None
            return state.with_lane(name, replace(lane, enrolment=offered))
        case CredentialChanged(credential=credential):
            return _enrolled(state, credential.uid)
        case PinGuessed(day=day):
            last, times = state.pins_guessed
            return replace(state, pins_guessed=(day, times + 1 if day == last else 1))
        case HelpAsked(lane=name, at=at, unseen=unseen):
            return state.with_lane(name, replace(state.lane(name), help_since=at, help_unseen=unseen))
        case HelpEnded(lane=name):
            return state.with_lane(name, replace(state.lane(name), help_since=None, help_unseen=False))
        case ControllerHeard():
            return replace(state, controllers=True)
        case LineChanged(cut_since=since):
            return replace(state, cut_since=since)
        case PassbackReset(at=at):
            return replace(state, passback_from=at)
        case LaneModeChanged(lane=name, mode=mode, span=span):
            lane = state.lane(name)
            # Whoever comes and goes meanwhile is seen by nobody.
            reset = event.at if mode is not lane.mode else state.passback_from
            changed = state.with_lane(name, replace(lane, mode=mode, span=span))
            return replace(changed, passback_from=reset, open_spans=spans_after(state, event))


def _enrolled(state: SiteState, key: HolderKey) -> SiteState:
    """The state once an offered badge is known."""
    for name, lane in state.lanes.items():
        if lane.enrolment is not None and lane.enrolment.offered == key:
            return state.with_lane(name, replace(lane, enrolment=None))
    return state
