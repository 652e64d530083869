"""Whom a site lets in and out by itself, and what it tells of that without times.

Controllers open for the badges on their list, whatever we think of it. What firmware kept while its line or we were
away carries no time: all of it is as old as the last moment we heard the site. Such times tell nothing of one another;
the order in which it is told does. Source: contract.md, "Facts about the field equipment"; architecture.md, "Old
facts".
"""

from syspark.domain.access import Right
from syspark.domain.decision import Decision, Moment, also
from syspark.domain.identity import WitnessKind
from syspark.domain.messages import Reported, SiteMessage
from syspark.domain.site.arrivals import in_cycle
from syspark.domain.site.events import CountDoubted, SiteEvent, VisitBegun, VisitEnded, VisitResumed
from syspark.domain.site.lane import came_in_alone, let_out_lately, opened_by_itself, shown_at_entry, vehicle_waits
from syspark.domain.site.state import Answer, Arrival, Known, SiteSetup, SiteState, Visit
from syspark.domain.units import HolderKey, Lane

CAME_IN_BEFORE = "lane-came-in-before"
SAME_EXIT = (Lane.EXIT, "lane-same-exit")
BACK_AT_ENTRY = "lane-back-at-entry"


def opens_alone(state: SiteState, right: Right | None) -> bool:
    """Whether the site's controllers open for a holder by themselves: at either lane, also when it is full."""
    return state.controllers and right is not None and right.credential.may_act_alone


def is_over(at: Moment, setup: SiteSetup) -> bool:
    """Whether a reading is so old that its driver waits no more: they were let through by the site, or have gone."""
    return at.age_s > setup.policy.read_fresh_s


def unless_gone(arrival: Arrival | None, at: Moment, setup: SiteSetup) -> Arrival | None:
    """The arrival a reading belongs to by its time; None when its vehicle had gone before one of long ago was told.

    Such a reading may be dated before what was heard last, and is the next vehicle's by its order; so is what was read
    after a PIN, which had let its driver through.
    """
    if arrival is None or not is_over(at, setup):
        return arrival
    typed = any(one.kind is WitnessKind.PIN for one in arrival.witnesses)
    return None if typed or arrival.ended_at is not None else arrival


def lane_by_order(
    key: HolderKey, state: SiteState, known: Known, setup: SiteSetup, at: Moment
) -> tuple[Lane, str] | None:
    """Where a badge was read a while ago that tells neither lane nor time; None: as one that is read now.

    Whoever is let through by the site itself does not stand there any more however short the cut was; nor is a badge of
    the vehicle at the entry that has shown another one.
    """
    visit, over, entry = known.visit, is_over(at, setup), state.lane(Lane.ENTRY)
    if not (over or at.age_s > setup.policy.late_after_s):
        return None
    if not (over or opens_alone(state, known.right) or (visit is not None and another_stands(visit, state, setup))):
        return None
    if visit is None or not (visit.inside or let_out_lately(visit, setup, at)):
        # A sensor that has never told of a vehicle proves nothing by its silence.
        nobody = state.watched(Lane.ENTRY, setup.sensors) and not entry.present and entry.cycle_since is not None
        alone = over and nobody and opens_alone(state, known.right)
        return (Lane.EXIT, "lane-nobody-at-entry-then") if alone else None
    if visit.lane is Lane.ENTRY:
        return (Lane.EXIT, CAME_IN_BEFORE) if visit.inside and _came_in(visit, state, setup, at) else None
    if not over:
        return None
    # It was read at the exit before, where a controller has let it out, or nobody; or we, and it may be back.
    if not opens_alone(state, known.right):
        let_out = not visit.inside and visit.answer is Answer.GOOD
        return None if let_out and vehicle_waits(state, Lane.ENTRY, setup) else (Lane.EXIT, "lane-not-let-out")
    if state.watched(Lane.ENTRY, setup.sensors):
        # Who left while a vehicle stood at the entry is not that one, however often its exit is told.
        back = entry.present and visit.come_by_exit != entry.come and not another_stands(visit, state, setup)
        return (Lane.ENTRY, BACK_AT_ENTRY) if back else SAME_EXIT
    identity = state.lane(Lane.EXIT).identity
    return SAME_EXIT if identity is not None and identity.key == key else (Lane.ENTRY, "lane-let-out-before")


def count_doubted(
    state: SiteState, message: SiteMessage, decided: Decision[SiteEvent], setup: SiteSetup, at: Moment
) -> Decision[SiteEvent]:
    """Who came or left while the site was alone, told without times, may have done otherwise: a person counts."""
    told = isinstance(message, Reported) and not message.replayed and is_over(at, setup)
    counted = any(isinstance(event, VisitBegun | VisitResumed | VisitEnded) for event in decided.events)
    if not (told and counted) or state.count_unsure_since is not None:
        return decided
    return also(decided, events=(CountDoubted(at=at.now),))


def was_let_in_alone(state: SiteState, visit: Visit) -> bool:
    """Whether who leaves the entry's sensor was let in by the site, though we opened too late, or not at all.

    A driver for whom the controllers open does not turn back.
    """
    read = state.lane(Lane.ENTRY).identity
    theirs = read is not None and read.session_id == visit.session_id
    stood = theirs and visit.inside and not visit.confirmed and visit.lane is Lane.ENTRY
    return stood and opened_by_itself(visit, state)


def left_before_end(visit: Visit, setup: SiteSetup, at: Moment) -> bool:
    """Whether a reading is told late of a vehicle whose visit a person has ended since: it was on its way out.

    Who was never at the exit has not left by itself.
    """
    if visit.left_at is None or visit.lane is not Lane.ENTRY:
        return False
    return at.age_s > setup.policy.late_after_s and at.fact_at < visit.left_at


def another_stands(visit: Visit, state: SiteState, setup: SiteSetup) -> bool:
    """Whether the vehicle at the entry has shown what lets another one in."""
    shown = shown_at_entry(state, setup)
    return shown is not None and shown.session_id not in {None, visit.session_id}


def _came_in(visit: Visit, state: SiteState, setup: SiteSetup, at: Moment) -> bool:
    """Whether a vehicle had passed the entry before this was told."""
    if not (visit.confirmed or came_in_alone(visit, state, setup)):
        return False
    read = state.lane(Lane.ENTRY).arrivals
    theirs = [one for one in read if one.session_id == visit.session_id]
    if state.watched(Lane.ENTRY, setup.sensors):
        return not any(in_cycle(one, at.fact_at) for one in theirs)
    return not theirs or theirs[-1] is not read[-1]
