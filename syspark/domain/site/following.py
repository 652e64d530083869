"""A vehicle that leaves through another one's opening. Source: domain.md, "Tailgating"."""

import dataclasses

from msgspec.structs import replace

from syspark.domain.decision import Decision, Moment, ToSession
from syspark.domain.messages import LeftUnpaid
from syspark.domain.site import display
from syspark.domain.site.ending import counted_out
from syspark.domain.site.events import SiteEvent
from syspark.domain.site.state import Answer, Known, SiteSetup, SiteState, Visit
from syspark.domain.units import Lane


def followed_out(
    passed: Decision[SiteEvent], state: SiteState, name: Lane, known: Known, setup: SiteSetup, at: Moment
) -> Decision[SiteEvent]:
    """The departure, with what it means for who was asked to pay there while the lane stood open for another.

    Only a sensor tells: it saw no gap between the two, and sees nobody now.
    """
    visit = _follower(state, name, known)
    if visit is None:
        return passed
    ended, silent = counted_out(state, replace(visit, answer=Answer.GOOD), at, "left through another's opening")
    return dataclasses.replace(
        passed,
        rule="vehicle-tailgated",
        events=(*passed.events, *ended),
        commands=(*passed.commands, display.free_places(setup, state, at, change=-1)),
        handovers=(*passed.handovers, ToSession(visit.session_id, LeftUnpaid(left_at=at.fact_at))),
        timers=(*passed.timers, *silent),
    )


def _follower(state: SiteState, name: Lane, known: Known) -> Visit | None:
    ask, lane = state.ask, state.lane(name)
    if name is not Lane.EXIT or ask is None or ask.cycle != lane.cycle or lane.opening is None:
        return None
    if lane.opening.session_id in {None, ask.session_id} or lane.opening.answer is Answer.BAD:
        return None
    visit = known.arrived.get(ask.session_id)
    return visit if visit is not None and visit.inside else None
