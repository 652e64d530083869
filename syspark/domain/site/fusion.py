"""One vehicle, several witnesses, one session. Source: domain.md, "Identity and fusion"."""

import dataclasses

from msgspec.structs import replace

from syspark.domain.access import Plan
from syspark.domain.decision import Decision, HandOver, Timer, ToSession
from syspark.domain.messages import RightShown
from syspark.domain.site.admission import ask_to_leave, open_again
from syspark.domain.site.ending import exit_missed
from syspark.domain.site.events import RightRaised, SiteEvent, VisitChanged
from syspark.domain.site.lane import just_entered, let_out_lately, not_passed
from syspark.domain.site.reading import Case, Reading, joined
from syspark.domain.site.state import Answer, Visit
from syspark.domain.units import Lane


def to_join(case: Case, reading: Reading) -> Visit | None:
    """The visit a reading is another witness of; None: what its holder does is judged by itself.

    Who holds an open session of their own goes by that one, unless its exit was missed.
    """
    arrival, own = reading.arrival, case.known.visit
    if arrival is None or arrival.session_id is None or arrival.has(reading.witness.key):
        return None
    theirs = case.known.arrived.get(arrival.session_id)
    if theirs is None or (reading.lane is Lane.ENTRY and not theirs.inside):
        return None
    if own is None or own.session_id == theirs.session_id:
        return theirs
    if reading.lane is Lane.EXIT:
        return None if own.inside or let_out_lately(own, case.setup, case.at) else theirs
    at_entry = not_passed(case.state, own, case.setup, case.at) or just_entered(own, case.setup, case.at)
    return None if own.inside and at_entry else theirs


def join(case: Case, reading: Reading, visit: Visit, rule: str) -> Decision[SiteEvent]:
    """Another witness of a vehicle at the lane: its better right counts, and what went wrong is tried again."""
    own = case.known.visit
    before: tuple[SiteEvent, ...] = ()
    handovers: tuple[HandOver, ...] = ()
    timers: tuple[Timer, ...] = ()
    if own is not None and own.inside and own.session_id != visit.session_id:
        before, handovers, timers = exit_missed(case.state, own, case.at)
    right = reading.right
    better = right is not None and right.plan.better_than(Plan.VISITOR)
    if right is not None and better:
        shown = RightShown(plan=right.plan, until=right.until, pool=right.pool)
        handovers = (*handovers, ToSession(visit.session_id, shown))
        if right.plan.better_than(visit.plan):
            before = (*before, RightRaised(was=visit.plan, now=right.plan)) if visit.inside else before
            visit = replace(visit, plan=right.plan, pool=right.pool)
    wrong = visit.answer is Answer.BAD
    if reading.lane is Lane.EXIT and (wrong or (better and visit.inside)):
        decision = ask_to_leave(case, reading, visit, rule)
    elif reading.lane is Lane.ENTRY and wrong:
        decision = open_again(case, reading, visit)
    else:
        changed = VisitChanged(visit=joined(visit, reading))
        decision = Decision(rule=rule, events=(*reading.events(visit.session_id, case), changed))
    return dataclasses.replace(
        decision,
        events=(*before, *decision.events),
        handovers=(*handovers, *decision.handovers),
        timers=(*timers, *decision.timers),
    )
