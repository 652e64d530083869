"""What of a site's state a message is decided by: the journal keeps that much of it, and no more.

What a lane shows to people (pictures, reasons, who waits) decides nothing, and what was read at the other lane mostly
does not either. A decision is made from what is kept, so that it can be made again.
"""

from collections.abc import Collection

from msgspec.structs import replace

from syspark.domain.access import Plan
from syspark.domain.corrections import CorrectPlate, ForgetConfusion
from syspark.domain.decision import Moment
from syspark.domain.facts import BadgeRead, BarrierReported, PinAccepted, PlateRead, WeatherReported
from syspark.domain.messages import (
    AddCredential,
    AddHolder,
    DeadlineReached,
    DeclareArrival,
    EnrolBadge,
    ForgetPlates,
    MatchVehicle,
    OpenLane,
    PublishTariff,
    ReplaceBadge,
    Reported,
    SensorTrustChanged,
    SetLaneMode,
    SetPolicy,
    SiteMessage,
)
from syspark.domain.partner_messages import (
    SetPartner,
    TakeBackValidation,
    ValidatePlate,
    ValidationReturned,
    ValidationSpent,
)
from syspark.domain.policy import SitePolicy
from syspark.domain.site.arrivals import in_cycle
from syspark.domain.site.attention import BARRIER_TIMER, WAITING_TIMER
from syspark.domain.site.exit_reader import CAME_TIMER
from syspark.domain.site.help import HELP_TIMER
from syspark.domain.site.lane import GONE_TIMER
from syspark.domain.site.mode import MODE_TIMER
from syspark.domain.site.state import Arrival, LaneState, SiteSetup, SiteState
from syspark.domain.units import Lane

_NONE: Collection[Lane] = ()
_OF_LANES = frozenset({GONE_TIMER, MODE_TIMER, BARRIER_TIMER, HELP_TIMER, WAITING_TIMER, CAME_TIMER})


def seen_by(message: SiteMessage, state: SiteState, setup: SiteSetup, at: Moment) -> SiteState:
    """The state without what this message is not decided by."""
    match message:
        case (
            AddCredential()
            | AddHolder()
            | EnrolBadge()
            | SetPolicy()
            | ForgetPlates()
            | PublishTariff()
            | ReplaceBadge()
            | SensorTrustChanged()
            | Reported(fact=WeatherReported())
            | SetPartner()
            | ValidatePlate()
            | TakeBackValidation()
            | ValidationSpent()
            | ValidationReturned()
        ):
            return _NOTHING
        case Reported(fact=BarrierReported(lane=lane)):
            at_it = state.lane(lane)
            seen = LaneState(
                barrier=at_it.barrier, told_open_at=at_it.told_open_at, arrivals=at_it.arrivals, mode=at_it.mode
            )
            inside = _inside(state, setup.policy)
            return replace(state, lanes={lane: seen}, ask=None, inside=inside, departures=(), learned=())
        case OpenLane() | MatchVehicle() | SetLaneMode() | DeclareArrival():
            # Who speaks of a lane sees what it shows, and means whom it shows.
            return state
        case DeadlineReached() if message.timer in _OF_LANES:
            return state
        case Reported(fact=BadgeRead(lane=lane) | PinAccepted(lane=lane)):
            read_at: Collection[Lane] = tuple(Lane) if lane is None else (lane,)
        case Reported(device=device, fact=PlateRead() as read):
            said = read.lane or setup.lane_of(device)
            read_at = _NONE if not read.valid else tuple(Lane) if said is None else (said,)
        case _:
            read_at = _NONE
    lanes = {
        name: _of_lane(lane, _near(lane, setup.policy, at) if name in read_at else ())
        for name, lane in state.lanes.items()
    }
    told = state.match_risk if isinstance(message, Reported) and isinstance(message.fact, PlateRead) else 0.0
    told_out = state.departures if isinstance(message, Reported) and message.replayed else ()
    inside = _inside(state, setup.policy)
    learned = state.learned if isinstance(message, CorrectPlate | ForgetConfusion) else ()
    return replace(state, lanes=lanes, inside=inside, match_risk=told, departures=told_out, learned=learned)


def _inside(state: SiteState, policy: SitePolicy) -> dict[Plan, int]:
    return state.inside if policy.reserved or policy.at_most else {}


def _near(lane: LaneState, policy: SitePolicy, at: Moment) -> tuple[Arrival, ...]:
    """The arrivals that a reading may be of, or repeat."""
    return tuple(
        arrival
        for arrival in lane.arrivals
        if in_cycle(arrival, at.fact_at)
        or any(abs((at.fact_at - one.at).total_seconds()) <= policy.longest_apart_s for one in arrival.witnesses)
    )


def _of_lane(lane: LaneState, arrivals: tuple[Arrival, ...]) -> LaneState:
    return LaneState(
        present=lane.present,
        present_at=lane.present_at,
        trusted=lane.trusted,
        cycle=lane.cycle,
        cycle_since=lane.cycle_since,
        identity=lane.identity,
        arrivals=arrivals,
        opening=lane.opening,
        waiting_since=lane.waiting_since,
        mode=lane.mode,
        enrolment=lane.enrolment,
        help_since=lane.help_since,
        help_unseen=lane.help_unseen,
        watch=lane.watch,
        cameras=lane.cameras,
        pictured=lane.pictured,
        barrier=lane.barrier,
        barrier_at=lane.barrier_at,
    )


_NOTHING = SiteState()
