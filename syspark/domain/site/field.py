"""What the other reports of the field, and the fates of commands, mean for a site."""

import dataclasses
from datetime import datetime, timedelta

from msgspec.structs import replace

from syspark.domain.decision import Decision, Moment, Timer, ToDevice, later
from syspark.domain.facts import BarrierReported, PresenceReported
from syspark.domain.messages import CommandFated, Reported, SensorTrustChanged
from syspark.domain.site import cameras, display, ledger
from syspark.domain.site.alone import was_let_in_alone
from syspark.domain.site.events import (
    ANSWERS,
    BarrierSaid,
    CommandEnded,
    Observed,
    PresenceChanged,
    SiteEvent,
    TrustChanged,
    VisitChanged,
    WaitingEnded,
)
from syspark.domain.site.following import followed_out
from syspark.domain.site.lane import GONE_TIMER, latest_news, until_gone, vehicle_waits
from syspark.domain.site.opening import asked, open_lane
from syspark.domain.site.release import held_up
from syspark.domain.site.state import Answer, Known, LaneState, SiteSetup, SiteState, Visit
from syspark.domain.site.unread import unread_timer
from syspark.domain.site.words import OUT_OF_ORDER
from syspark.domain.units import CommandId, Lane

AGAIN_TIMER = "decide-again"
ANOTHER = timedelta(seconds=2)
"""A sensor that says again since when it sees a vehicle names another one where that is so much later."""


def presence(
    state: SiteState, reported: Reported, fact: PresenceReported, known: Known, setup: SiteSetup, at: Moment
) -> Decision[SiteEvent]:
    """A vehicle arrives at a sensor or leaves it; leaving after an opening that did not fail is a passage."""
    twin = ToDevice(reported.device, reported)
    lane_name = setup.lane_of(reported.device)
    if lane_name is None or lane_name not in setup.sensors:
        return Decision(rule="presence-without-lane", events=(Observed(device=reported.device),), handovers=(twin,))
    before = state.lane(lane_name)
    if reported.since_cut and fact.present and _is_another(before, at):
        # Its sensor saw nobody in between, or it would tell of the first vehicle still.
        went = presence(state, reported, replace(fact, present=False), known, setup, at)
        came = PresenceChanged(lane=lane_name, present=True, at=at.fact_at)
        look = unread_timer(state, lane_name, setup, at, present=True) or went.timers
        return dataclasses.replace(went, rule="vehicle-another", events=(*went.events, came), timers=look)
    if before.present == fact.present:
        return Decision(rule="presence-unchanged", handovers=(twin,))
    changed = PresenceChanged(lane=lane_name, present=fact.present, at=at.fact_at)
    kept = held_up(state, setup, at) if lane_name is Lane.EXIT and not fact.present else ()
    look = unread_timer(state, lane_name, setup, at, present=fact.present)
    if fact.present:
        return Decision(rule="vehicle-arrived", events=(changed,), handovers=(twin,), timers=look)
    opening, visit = state.lane(lane_name).opening, known.visit
    if opening is not None and opening.answer is not Answer.BAD and state.watched(lane_name, setup.sensors):
        # The command's fate before the departure: what the departure does to the lane is the later news.
        ended = CommandEnded(command_id=opening.command_id, fate="confirmed", at=at.now)
        theirs = visit is not None and visit.command_id == opening.command_id
        answered = _answered(visit, Answer.GOOD) if visit is not None and theirs else ()
        told = (twin, *cameras.missed(state.lane(lane_name), lane_name))
        passed = Decision(rule="vehicle-passed", events=(ended, *answered, *kept, changed), handovers=told, timers=look)
        return followed_out(passed, state, lane_name, known, setup, at)
    if visit is not None and lane_name is Lane.ENTRY and was_let_in_alone(state, visit):
        let_in = VisitChanged(visit=replace(visit, confirmed=True))
        return Decision(rule="vehicle-let-in", events=(let_in, changed), handovers=(twin,), timers=look)
    return Decision(rule="vehicle-gone", events=(*kept, changed), handovers=(twin,), timers=look)


def _is_another(lane: LaneState, at: Moment) -> bool:
    return lane.present_at is not None and lane.present_at + ANOTHER < at.fact_at


def trust_changed(changed: SensorTrustChanged, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    """A sensor is no longer believed, or again; who was seen by it only may go unseen from now on."""
    trust = TrustChanged(lane=changed.lane, trusted=changed.trusted)
    if changed.trusted:
        return Decision(rule="sensor-trusted", events=(trust,))
    unseen = Timer(key=f"{GONE_TIMER}:{changed.lane}", at=later(at.now, setup.policy.read_fresh_s))
    return Decision(rule="sensor-distrusted", events=(trust,), timers=(unseen,))


def barrier(
    state: SiteState, reported: Reported, fact: BarrierReported, known: Known, setup: SiteSetup, at: Moment
) -> Decision[SiteEvent]:
    """A barrier says what it does; naming one of our commands confirms it. At fault, its lane's drivers are told so."""
    said = BarrierSaid(lane=fact.lane, state=fact.state, at=at.fact_at)
    openings, told = ledger.seen(state, fact, setup, at)
    handovers = (ToDevice(reported.device, reported), *told)
    if fact.state == "fault":
        shown = display.text(OUT_OF_ORDER, "fault", setup, at, lane=fact.lane)
        return Decision(rule="barrier-at-fault", events=(said,), commands=(shown,), handovers=handovers)
    mended = display.ended(state, "fault", fact.lane, at)
    texts = mended[0].texts if mended else state.texts
    again = (display.due(replace(state, texts=texts), setup, at),) if mended else ()
    if fact.command_id is None or fact.state not in ledger.OPENING or known.visit is None:
        rule = "barrier-reported" if not openings else f"barrier-opened-{openings[0].because or 'unexplained'}"
        return Decision(rule=rule, events=(said, *openings, *mended), commands=again, handovers=handovers)
    ended = CommandEnded(command_id=CommandId(fact.command_id), fate="confirmed", at=at.now)
    return Decision(
        rule="barrier-confirmed",
        events=(said, *mended, ended, *_answered(known.visit, Answer.GOOD)),
        commands=again,
        handovers=handovers,
    )


def command_fated(
    state: SiteState, fated: CommandFated, known: Known, setup: SiteSetup, at: Moment
) -> Decision[SiteEvent]:
    """The fate of an opening tells whether its driver was let through, and whom to ask to badge again."""
    ended = CommandEnded(command_id=fated.command_id, fate=fated.fate, at=at.now)
    visit, answer = known.visit, ANSWERS.get(fated.fate)
    if visit is None or visit.command_id != fated.command_id or answer is None:
        return Decision(rule="fate-noted", events=(ended,))
    events = (ended, *_answered(visit, answer))
    if answer is not Answer.BAD:
        return Decision(rule="fate-of-opening", events=events)
    if fated.fate == "unknown" and _waits_for(visit, state, setup):
        # The broker may still hold a presence report that is newer than what we remember: look again shortly.
        again = Timer(key=f"{AGAIN_TIMER}:{visit.session_id}", at=later(at.now, setup.policy.decide_again_after_s))
        return Decision(rule="fate-unknown-look-again", events=events, timers=(again,))
    shown, restore = display.badge_again(setup, visit.lane, at, read_at=visit.read_at)
    gone = until_gone(state, visit.lane, setup, at)
    return Decision(rule="fate-bad-badge-again", events=events, commands=shown, timers=(*restore, *gone))


def acked(state: SiteState, visit: Visit | None, command_id: CommandId, at: datetime) -> tuple[SiteEvent, ...]:
    """What follows when the broker has an opening whose fate was awaited: its driver was let through, as far as the
    cloud can tell. No decision: nobody is told anything.
    """
    openings = (lane.opening for lane in state.lanes.values())
    awaited = any(one is not None and one.command_id == command_id and one.answer is Answer.PENDING for one in openings)
    ended = (CommandEnded(command_id=command_id, fate="acked", at=at),) if awaited else ()
    theirs = visit is not None and visit.command_id == command_id and visit.answer is Answer.PENDING
    return (*ended, *(_answered(visit, Answer.GOOD) if visit is not None and theirs else ()))


def decide_again(state: SiteState, known: Known, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    """Open once more for a vehicle that stands there still after an opening nobody knows the fate of."""
    visit = known.visit
    if visit is None or visit.answer is not Answer.BAD:
        return Decision(rule="decide-again-not-needed")
    fresh = (at.now - visit.read_at).total_seconds() < setup.policy.read_fresh_s
    before = state.lane(visit.lane).opening
    if before is None or not (fresh and _waits_for(visit, state, setup)):
        return Decision(rule="decide-again-nobody-waits")
    opening, opened = open_lane(
        visit.key,
        visit.lane,
        at,
        setup,
        session_id=visit.session_id,
        read_at=visit.read_at,
        because=before.because,
    )
    tried_at = at.now if visit.lane is Lane.ENTRY else visit.tried_at
    tried = replace(visit, tried_at=tried_at, command_id=opening.id, answer=asked(opened))
    return Decision(rule="decide-again-opened", events=(VisitChanged(visit=tried), opened), commands=(opening,))


def gone(state: SiteState, name: Lane, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    """Take a driver whom no sensor sees to have gone, when nothing was heard of them for a while."""
    news = latest_news(state.lane(name))
    asked_to_pay = name is Lane.EXIT and state.ask is not None
    if news is None or asked_to_pay or state.watched(name, setup.sensors):
        return Decision(rule="gone-not-asked")
    gone_at = later(news, setup.policy.read_fresh_s)
    if at.now < gone_at:
        return Decision(rule="gone-not-yet", timers=(Timer(key=f"{GONE_TIMER}:{name}", at=gone_at),))
    return Decision(rule="gone", events=(WaitingEnded(lane=name),))


def _waits_for(visit: Visit, state: SiteState, setup: SiteSetup) -> bool:
    """Whether the vehicle stands where the visit's own command was to open, as far as a sensor tells."""
    opening = state.lane(visit.lane).opening
    return vehicle_waits(state, visit.lane, setup) and opening is not None and opening.command_id == visit.command_id


def _answered(visit: Visit, answer: Answer) -> tuple[SiteEvent, ...]:
    confirmed = answer is Answer.GOOD if visit.lane is Lane.ENTRY else visit.confirmed
    return (VisitChanged(visit=replace(visit, answer=answer, confirmed=confirmed)),)
