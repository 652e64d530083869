"""A lane opened without a right or a payment: a person says so, or nobody answers who was called.

Source: domain.md, "Audit": every manual opening has one of eight reasons; "Timed release": nobody is held hostage, and
what was due stays due.
"""

from msgspec.structs import replace

from syspark.domain.access import VISITOR
from syspark.domain.decision import Command, Decision, Moment, later
from syspark.domain.identity import WitnessKind
from syspark.domain.messages import LeftUnpaid, OpenLane, SessionOverridden
from syspark.domain.orders import Because, MoveBarrier
from syspark.domain.site import display
from syspark.domain.site.admission import begun_without_entry
from syspark.domain.site.ending import let_out
from syspark.domain.site.events import LaneOpenedByHand, SiteEvent, VisitChanged
from syspark.domain.site.lane import known_to_wait
from syspark.domain.site.matching import latest_plate, waiting
from syspark.domain.site.opening import RELEASE, asked, open_lane
from syspark.domain.site.reading import Case
from syspark.domain.site.state import Arrival, Known, SiteSetup, SiteState, Visit
from syspark.domain.units import Lane


def open_by_operator(
    state: SiteState, wanted: OpenLane, known: Known, setup: SiteSetup, at: Moment
) -> Decision[SiteEvent]:
    """Open a lane because a person says so. Refused when the request is too old to be about what the person saw."""
    if at.age_s > setup.policy.late_after_s:
        return Decision(rule="open-lane-late", refused=f"the request was {at.age_s:.0f} s old: look again, then press")
    case = Case(state, known, setup, at)
    if not known_to_wait(state, wanted.lane, setup, at):
        return _for_nobody_known(case, wanted.lane, wanted)
    return open_by_hand(case, wanted.lane, wanted)


def open_by_hand(case: Case, name: Lane, wanted: OpenLane | None) -> Decision[SiteEvent]:
    """Open for whose vehicle waits at a lane, else for a plate no session has, else for nobody known.

    `wanted` is what a person asks for; None: a timed release.
    """
    visit = case.known.visit
    if visit is not None and visit.inside:
        return _for_visit(case, name, visit, wanted)
    arrival = waiting(case.state, name) if name is Lane.EXIT and visit is None else None
    if arrival is None or arrival.session_id is not None:
        return _for_nobody_known(case, name, wanted)
    if not any(one.kind is WitnessKind.PLATE for one in arrival.witnesses):
        return _for_nobody_known(case, name, wanted)
    return _for_unknown_plate(case, arrival, wanted)


def _for_visit(case: Case, name: Lane, visit: Visit, wanted: OpenLane | None) -> Decision[SiteEvent]:
    state, setup, at = case.state, case.setup, case.at
    command, opened = open_lane(
        visit.key, name, at, setup, session_id=visit.session_id, read_at=at.fact_at, because=_because(wanted)
    )
    rule = RELEASE if wanted is None else "open-lane"
    tried = replace(visit, lane=name, read_at=at.fact_at, command_id=command.id, answer=asked(opened))
    if name is Lane.ENTRY:
        # Whoever has it opened sees them outside still.
        again = VisitChanged(visit=replace(tried, tried_at=at.now, confirmed=False))
        return Decision(rule=rule, events=(again, opened), commands=(command,))
    ended, handovers, timers = let_out(state, tried, _told(wanted, at), at)
    return Decision(
        rule=rule,
        events=(*ended, opened),
        commands=(command, display.free_places(setup, state, at, 1, change=-1, plan=visit.plan)),
        handovers=handovers,
        timers=timers,
    )


def _for_unknown_plate(case: Case, arrival: Arrival, wanted: OpenLane | None) -> Decision[SiteEvent]:
    """Recorded with a session of its own, without an invented time."""
    at, reading = case.at, latest_plate(arrival, case.known)
    begun = begun_without_entry(case, reading, VISITOR)
    command, opened = open_lane(
        begun.visit.key,
        Lane.EXIT,
        at,
        case.setup,
        session_id=begun.session.id,
        read_at=at.fact_at,
        because=_because(wanted),
    )
    leaving = replace(begun.visit, command_id=command.id, answer=asked(opened))
    ended, handovers, timers = let_out(case.state, leaving, _told(wanted, at), at)
    return Decision(
        rule="timed-release-entry-unknown" if wanted is None else "open-lane-entry-unknown",
        events=(*reading.events(begun.session.id, case), begun, *ended, opened),
        commands=(command,),
        handovers=handovers,
        timers=timers,
    )


def _for_nobody_known(case: Case, name: Lane, wanted: OpenLane | None) -> Decision[SiteEvent]:
    at, because = case.at, _because(wanted)
    command = Command(
        id=at.command_id(0),
        order=MoveBarrier(lane=name, read_at=at.fact_at, because=because),
        expires_at=later(at.fact_at, case.setup.policy.barrier_expiry_s),
    )
    opened = LaneOpenedByHand(
        lane=name,
        command_id=command.id,
        reason=RELEASE if wanted is None else wanted.reason,
        author=RELEASE if wanted is None else wanted.author,
        at=at.now,
        because=because,
    )
    return Decision(rule=RELEASE if wanted is None else "open-lane", events=(opened,), commands=(command,))


def _because(wanted: OpenLane | None) -> Because:
    return Because.TIMED_RELEASE if wanted is None else Because.OVERRIDE


def _told(wanted: OpenLane | None, at: Moment) -> SessionOverridden | LeftUnpaid:
    if wanted is None:
        return LeftUnpaid(left_at=at.fact_at)
    return SessionOverridden(reason=wanted.reason, author=wanted.author)
