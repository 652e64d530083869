"""What is done for a vehicle at a lane, whoever read it: let in, let in again, asked about at the exit, refused.

A reader says whose witness it is and what right it shows; the rest is here. Source: domain.md, "Identity and fusion".
"""

import dataclasses
from datetime import datetime

from msgspec.structs import replace

from syspark.domain.access import VISITOR, Grant, Refusal
from syspark.domain.decision import Decision, ToSession
from syspark.domain.identity import Witness
from syspark.domain.messages import ExitRequested, LeavingTold, LeftUnpaid, OpenReason, SessionOverridden
from syspark.domain.review import Review
from syspark.domain.site import display
from syspark.domain.site.beginning import session_begun
from syspark.domain.site.emergency import waived
from syspark.domain.site.ending import exit_missed, let_out
from syspark.domain.site.events import (
    OpeningClaimed,
    PassageRefused,
    SiteEvent,
    VisitBegun,
    VisitChanged,
    WitnessKept,
)
from syspark.domain.site.free_minutes import pinned
from syspark.domain.site.lane import just_entered, not_passed, until_gone, vehicle_waits
from syspark.domain.site.ledger import of_entry
from syspark.domain.site.opening import RELEASE, asked, open_lane
from syspark.domain.site.outage import unbilled
from syspark.domain.site.quarantine import unasked
from syspark.domain.site.reading import Case, Reading, joined
from syspark.domain.site.release import queued_s
from syspark.domain.site.state import Answer, LaneOpening, Visit
from syspark.domain.site.words import REFUSALS
from syspark.domain.units import Lane


def enter(
    case: Case,
    reading: Reading,
    why: Refusal | None,
    rule: str,
    before: tuple[SiteEvent, ...] = (),
) -> Decision[SiteEvent]:
    """Begin a visit and open the entry, or refuse it for `why`."""
    if why is not None:
        return refuse(case, reading, why)
    setup, at, key = case.setup, case.at, reading.witness.key
    grant = reading.right or VISITOR
    opening, opened = open_lane(
        key, Lane.ENTRY, at, setup, session_id=at.session_id, read_at=at.fact_at, because=of_entry(reading)
    )
    session = session_begun(key, grant, at.fact_at, setup, at, reading.review)
    tariff = pinned(session.tariff, case.known.free_since, at.fact_at, setup.policy)
    session = replace(session, entry_command=opening.id, tariff=tariff)
    visit = Visit(
        session_id=session.id,
        keys=reading.holders,
        opened_at=at.fact_at,
        read_at=at.fact_at,
        tried_at=at.now,
        lane=Lane.ENTRY,
        command_id=opened.command_id,
        answer=asked(opened),
        masked=reading.masked,
        pool=grant.pool,
        plan=grant.plan,
    )
    begun = VisitBegun(session=session, visit=visit)
    asked_again, restore = display.after_opening(opened, setup, at, place=1)
    shown = asked_again or (display.free_places(setup, case.state, at, 1, change=1, plan=grant.plan),)
    return Decision(
        rule=rule,
        events=(*before, *reading.events(session.id, case), begun, opened),
        commands=(opening, *shown),
        timers=restore,
    )


def enter_while_inside(
    case: Case, reading: Reading, visit: Visit, *, anew: Refusal | None, again: Refusal | None, rule: str
) -> Decision[SiteEvent]:
    """A vehicle whose session is open is read at the entry.

    `anew` is why it may not begin a visit, its own place being free; `again` why it may not go on with the one it has.
    """
    if not_passed(case.state, visit, case.setup, case.at):
        # Its place is counted already, but its right may have ended since.
        return open_again(case, reading, visit) if again is None else refuse(case, reading, again)
    if just_entered(visit, case.setup, case.at):
        read = VisitChanged(visit=replace(visit, read_at=case.at.fact_at))
        return Decision(rule="entry-confirmed", events=(read,))
    ended, handovers, silent = exit_missed(case.state, visit, case.at)
    left = dataclasses.replace(case, state=replace(case.state, occupancy=case.state.occupancy - 1))
    decision = enter(left, reading, anew, rule, before=ended)
    if anew is not None:
        return decision
    return dataclasses.replace(
        decision, rule="entry-after-missed-exit", handovers=handovers, timers=decision.timers + silent
    )


def open_again(case: Case, reading: Reading, visit: Visit) -> Decision[SiteEvent]:
    """Open the entry once more for the same session: whatever was tried before, the vehicle stands outside."""
    setup, at = case.setup, case.at
    opening, opened = open_lane(
        visit.key, Lane.ENTRY, at, setup, session_id=visit.session_id, read_at=at.fact_at, because=of_entry(reading)
    )
    tried = replace(
        joined(visit, reading),
        read_at=at.fact_at,
        tried_at=at.now,
        lane=Lane.ENTRY,
        command_id=opened.command_id,
        answer=asked(opened),
        confirmed=False,
    )
    shown, restore = display.after_opening(opened, setup, at, place=1)
    return Decision(
        rule="entry-again",
        events=(*reading.events(visit.session_id, case), VisitChanged(visit=tried), opened),
        commands=(opening, *shown),
        timers=restore,
    )


def ask_to_leave(
    case: Case,
    reading: Reading,
    visit: Visit,
    rule: str,
    *,
    by_pin: bool = False,
    review: tuple[Review, ...] = (),
) -> Decision[SiteEvent]:
    """Ask a vehicle's session whether it may go; what a PIN has let out already is asked for nothing.

    Nor is anything asked of whom a person has just had the exit opened for, before it was known who stands there.
    """
    by_hand = None if by_pin or not visit.inside else _opened_by_hand(case, reading)
    if by_hand is not None:
        return _let_out_by_hand(case, reading, visit, by_hand)
    asking = replace(
        joined(visit, reading),
        read_at=case.at.fact_at,
        lane=Lane.EXIT,
        confirmed=True,
        command_id=None,
        answer=Answer.PENDING,
        come_by_exit=case.state.lane(Lane.ENTRY).come,
    )
    review = (*review, *_overlong(case, visit))
    request = replace(
        exit_request(case, visit.opened_at, by_pin=by_pin, review=review), stands_since=_stands_since(case, reading)
    )
    return Decision(
        rule=rule,
        events=(*reading.events(visit.session_id, case), VisitChanged(visit=asking)),
        handovers=(ToSession(visit.session_id, request),),
    )


def _overlong(case: Case, visit: Visit) -> tuple[Review, ...]:
    """That a person should look whether a stay that is paid for really lasted beyond the site's longest one."""
    if visit.opened_at is None or visit.plan.parks_free:
        return ()
    stay_s = (case.at.fact_at - visit.opened_at).total_seconds()
    return (Review.STAY_OVERLONG,) if stay_s > case.setup.policy.longest_stay_s else ()


def _stands_since(case: Case, reading: Reading) -> datetime | None:
    """When the vehicle was first read here, where that was earlier: its fee is counted to then."""
    read = reading.arrival.witnesses if reading.arrival is not None else ()
    first = min((one.at for one in read), default=case.at.fact_at)
    return first if first < case.at.fact_at else None


def _opened_by_hand(case: Case, reading: Reading) -> LaneOpening | None:
    """The opening by hand that was for the vehicle read now, None when there was none."""
    lane, setup = case.state.lane(reading.lane), case.setup
    opening = lane.opening
    if opening is None or opening.session_id is not None or opening.answer is Answer.BAD:
        return None
    if vehicle_waits(case.state, reading.lane, setup):
        return opening
    apart_s = abs((case.at.fact_at - opening.read_at).total_seconds())
    return opening if apart_s <= setup.policy.one_arrival_unwatched_s else None


def _let_out_by_hand(case: Case, reading: Reading, visit: Visit, opening: LaneOpening) -> Decision[SiteEvent]:
    leaving = replace(
        joined(visit, reading),
        read_at=case.at.fact_at,
        lane=reading.lane,
        command_id=opening.command_id,
        answer=opening.answer,
    )
    told: SessionOverridden | LeftUnpaid = LeftUnpaid(left_at=case.at.fact_at)
    if opening.reason != RELEASE:
        reason = OpenReason(opening.reason or OpenReason.GOODWILL)
        told = SessionOverridden(reason=reason, author=opening.author or "")
    ended, handovers, timers = let_out(case.state, leaving, told, case.at)
    claimed = OpeningClaimed(lane=reading.lane, session_id=visit.session_id)
    return Decision(
        rule="exit-by-hand",
        events=(*reading.events(visit.session_id, case), claimed, *ended),
        commands=(display.free_places(case.setup, case.state, case.at, change=-1, plan=visit.plan),),
        handovers=handovers,
        timers=timers,
    )


def leave_without_entry(
    case: Case, reading: Reading, grant: Grant, rule: str, *, by_pin: bool = False
) -> Decision[SiteEvent]:
    """Nobody saw this vehicle enter: it gets a session without an invented time, for a person to look at."""
    begun = begun_without_entry(case, reading, grant)
    request = exit_request(case, None, by_pin=by_pin)
    return Decision(
        rule=rule,
        events=(*reading.events(begun.session.id, case), begun),
        handovers=(ToSession(begun.session.id, request),),
    )


def begun_without_entry(case: Case, reading: Reading, grant: Grant) -> VisitBegun:
    """The visit of a vehicle that stands at the exit and was never seen coming in."""
    setup, at = case.setup, case.at
    session = session_begun(reading.witness.key, grant, None, setup, at, (Review.ENTRY_UNKNOWN,))
    visit = Visit(
        session_id=session.id,
        keys=reading.holders,
        opened_at=None,
        read_at=at.fact_at,
        tried_at=at.now,
        lane=Lane.EXIT,
        confirmed=True,
        masked=reading.masked,
        pool=grant.pool,
        plan=grant.plan,
    )
    return VisitBegun(session=session, visit=visit)


def left_as_told(witness: Witness, visit: Visit) -> Decision[SiteEvent]:
    """A person has said that a vehicle is gone, and the site tells only now when it was read last: it left then."""
    witness = replace(witness, lane=Lane.EXIT)
    left = replace(visit, lane=Lane.EXIT, read_at=witness.at)
    return Decision(
        rule="exit-told-late",
        events=(WitnessKept(session_id=visit.session_id, witness=witness), VisitChanged(visit=left)),
        handovers=(ToSession(visit.session_id, LeavingTold(left_at=witness.at)),),
    )


def exit_request(
    case: Case, opened_at: datetime | None, *, by_pin: bool, review: tuple[Review, ...] = ()
) -> ExitRequested:
    """What a vehicle at the exit asks of its session."""
    state, setup, fact_at = case.state, case.setup, case.at.fact_at
    free = unasked(state, opened_at, fact_at)
    return ExitRequested(
        lane=Lane.EXIT,
        cycle=state.lane(Lane.EXIT).cycle,
        by_pin=by_pin,
        review=(*review, Review.STAY_IN_DOUBT) if free == Review.STAY_IN_DOUBT else review,
        waived=waived(state, setup, fact_at) or free,
        unbilled=unbilled(state, setup, opened_at, fact_at),
        queued_s=queued_s(state, setup, fact_at),
    )


def refuse(case: Case, reading: Reading, why: Refusal) -> Decision[SiteEvent]:
    """Let nobody pass, and say why. Who is refused stands there all the same: operators see them waiting.

    But for an evacuation: then whoever stands at the exit leaves.
    """
    setup, at = case.setup, case.at
    if reading.lane is Lane.EXIT and waived(case.state, setup, at.fact_at) is not None:
        return leave_without_entry(case, reading, VISITOR, "exit-in-evacuation")
    refused = PassageRefused(lane=reading.lane, key=reading.witness.key, why=why, at=at.fact_at)
    events = (*reading.events(None, case), refused)
    gone = until_gone(case.state, reading.lane, setup, at)
    if why is Refusal.FULL:
        return Decision(rule=why, events=events, commands=(display.full(setup, reading.masked, at),), timers=gone)
    shown, restore = display.notice(setup, REFUSALS[why], reading.lane, at, since=at.fact_at)
    return Decision(rule=why, events=events, commands=(shown,), timers=(restore, *gone))
