"""What of the visits a message is decided with, found at the same cost however many vehicles are inside."""

import itertools
from collections.abc import Mapping
from dataclasses import replace

from msgspec import structs

from syspark.domain import plates
from syspark.domain.access import Right
from syspark.domain.corrections import CorrectPlate, MergeSessions, SessionEnded, SplitSession
from syspark.domain.facts import BadgeRead, BarrierReported, PinAccepted, PlateRead, PresenceReported
from syspark.domain.messages import (
    CommandFated,
    DeadlineReached,
    DeclareArrival,
    ExitGranted,
    MatchVehicle,
    OpenLane,
    PaymentDue,
    Reported,
    SiteMessage,
)
from syspark.domain.partner_messages import ValidatePlate, ValidationReturned
from syspark.domain.payment.messages import SessionPaid
from syspark.domain.site.exit_reader import CAME_TIMER
from syspark.domain.site.field import AGAIN_TIMER
from syspark.domain.site.help import HELP_TIMER
from syspark.domain.site.matching import plate_waiting
from syspark.domain.site.payment import PAID_TIMER
from syspark.domain.site.release import RELEASE_TIMER
from syspark.domain.site.state import Known, SiteSetup, SiteState, Visit
from syspark.domain.site.visits import Visits
from syspark.domain.units import CommandId, HolderKey, Lane, SessionId, SubjectId


def known(
    visits: Visits,
    message: SiteMessage,
    state: SiteState,
    setup: SiteSetup,
    *,
    right: Right | None = None,
    other: Right | None = None,
    subject: SubjectId | None = None,
) -> Known:
    """What there is to know for one message, at the same cost however many vehicles are inside."""
    visit = _concerned(visits, message, state, setup, subject)
    match message:
        case Reported(device=device, fact=PlateRead(valid=True) as read):
            lane = read.lane or setup.lane_of(device)
            known = Known(_in_use(visits, right), subject, visit, *_arrived(visits, state), visits.oldest_pin)
            return _with_alike(visits, known, read, lane, state)
        case Reported(fact=PinAccepted(lane=Lane.EXIT)):
            known = Known(_in_use(visits, right), subject, visit, *_arrived(visits, state), visits.oldest_pin)
            return replace(known, next_pin=visits.next_pin)
        case Reported(fact=BadgeRead() | PlateRead() | PinAccepted()) | MatchVehicle() | OpenLane():
            return Known(_in_use(visits, right), subject, visit, *_arrived(visits, state), visits.oldest_pin)
        case Reported(fact=PresenceReported(present=False)) if state.ask is not None:
            return Known(right, subject, visit, _by_id(visits.by_session(state.ask.session_id)))
        case CorrectPlate():
            held = visits.by_key(HolderKey(subject)) if subject is not None else None
            return Known(right, subject, visit, concerned=_by_id(held), taught=_taught(visits, message))
        case MergeSessions(session_id=part, into=into):
            return Known(right, subject, visit, concerned=_by_id(visits.by_session(part), visits.by_session(into)))
        case DeclareArrival():
            there = plate_waiting(state, Lane.EXIT)
            free_since = visits.free.since(there) if there is not None else None
            return Known(_in_use(visits, right), subject, visit, *_arrived(visits, state), free_since=free_since)
        case _:
            return Known(right, subject, visit, other=other)


def _by_id(*found: Visit | None) -> Mapping[SessionId, Visit]:
    return {visit.session_id: visit for visit in found if visit is not None}


def _in_use(visits: Visits, right: Right | None) -> Right | None:
    """The right with how many vehicles take a place of its pool."""
    if right is None or right.pool is None:
        return right
    pool = structs.replace(right.pool, in_use=visits.in_pool(right.pool.id))
    return structs.replace(right, pool=pool)


def _taught(visits: Visits, asked: CorrectPlate) -> str | None:
    """What a correction says was confused, of a vehicle inside or read lately."""
    read = visits.plates.plate_of(asked.key) if asked.key is not None else None
    return plates.substitution(read, asked.plate) if read is not None else None


def _arrived(visits: Visits, state: SiteState) -> tuple[Mapping[SessionId, Visit], tuple[HolderKey, ...]]:
    """The visits of who was read at the lanes lately, and which of those read hold an open session."""
    arrived: dict[SessionId, Visit] = {}
    held: set[HolderKey] = set()
    for lane in state.lanes.values():
        read = [arrival.session_id for arrival in lane.arrivals]
        read += [lane.identity.session_id] if lane.identity is not None else []
        for session_id in read:
            visit = visits.by_session(session_id) if session_id is not None else None
            if visit is not None:
                arrived[visit.session_id] = visit
        for witness in itertools.chain.from_iterable(arrival.witnesses for arrival in lane.arrivals):
            visit = visits.by_key(witness.key)
            if visit is not None and visit.inside:
                held.add(witness.key)
    return arrived, tuple(sorted(held))


def _with_alike(visits: Visits, known: Known, read: PlateRead, lane: Lane | None, state: SiteState) -> Known:
    """What is known, with those a plate may have been misread for, and who leaves by it unless it is its own."""
    arrivals = itertools.chain.from_iterable(one.arrivals for one in state.lanes.values())
    witnesses = itertools.chain.from_iterable(arrival.witnesses for arrival in arrivals)
    exact = known.visit is not None and known.visit.inside
    leaves = lane is not Lane.ENTRY and not exact
    return replace(
        known,
        free_since=visits.free.since(HolderKey(known.subject)) if known.subject is not None else None,
        near=visits.plates.near(read.plate) if leaves else (),
        alike=visits.plates.confused(read.plate, (witness.key for witness in witnesses)),
        match_risk=visits.plates.match_risk,
        unread=visits.unread(2) if leaves else (),
    )


def _waiting_at(visits: Visits, lane: Lane, state: SiteState) -> Visit | None:
    """Whose vehicle is known to wait at a lane: who is asked to pay there, else who was read last."""
    if lane is Lane.EXIT and state.ask is not None:
        return visits.by_session(state.ask.session_id)
    identity = state.lane(lane).identity
    return visits.by_key(identity.key) if identity is not None else None


def _concerned(
    visits: Visits, message: SiteMessage, state: SiteState, setup: SiteSetup, subject: SubjectId | None
) -> Visit | None:
    """The visit a message is about."""
    match message:
        case Reported(fact=BadgeRead(uid=uid)):
            return visits.by_key(HolderKey(uid))
        case Reported(fact=PlateRead()) | ValidatePlate() | ValidationReturned():
            return visits.by_key(HolderKey(subject)) if subject is not None else None
        case Reported(fact=BarrierReported(command_id=str(command_id))):
            return visits.by_command(CommandId(command_id))
        case Reported(device=device, fact=PresenceReported()):
            lane = setup.lane_of(device)
            at_it = state.lane(lane) if lane else None
            stood = at_it and (at_it.opening or at_it.identity)
            return visits.by_session(stood.session_id) if stood and stood.session_id else None
        case SessionPaid(session_id=session_id):
            return visits.by_session(session_id)
        case ExitGranted(session_id=session_id, key=key) | PaymentDue(session_id=session_id, key=key):
            return visits.even_replaced(session_id) or visits.by_key(key)
        case OpenLane(lane=lane):
            return _waiting_at(visits, lane, state)
        case MatchVehicle(session_id=session_id):
            return visits.by_session(session_id)
        case DeclareArrival():
            return visits.by_key(HolderKey(subject)) if subject is not None else None
        case CorrectPlate(session_id=named) | SplitSession(session_id=named):
            return visits.by_session(named)
        case SessionEnded(session_id=named):
            return visits.even_replaced(named)
        case CommandFated(command_id=fated_id):
            return visits.by_command(fated_id)
        case DeadlineReached():
            return _due(visits, message, state)
        case _:
            return None


def _due(visits: Visits, reached: DeadlineReached, state: SiteState) -> Visit | None:
    """The visit a deadline is about."""
    if reached.timer == RELEASE_TIMER:
        return _waiting_at(visits, Lane.EXIT, state)
    if reached.timer == HELP_TIMER:
        return _waiting_at(visits, Lane(reached.about), state)
    of_visits = {AGAIN_TIMER, PAID_TIMER, CAME_TIMER}
    return visits.by_session(SessionId(reached.about)) if reached.timer in of_visits else None
