"""A driver asks for help: a person answers, or the lane opens. Source: domain.md, "Timed release".

Nobody is held hostage: what was due stays due, and is recorded with the rule.
"""

from dataclasses import replace as changed
from datetime import timedelta

from msgspec.structs import replace

from syspark.domain import alarms
from syspark.domain.alarm_kind import AlarmKind
from syspark.domain.decision import Command, Decision, Moment, Timer, ToSession, later
from syspark.domain.messages import AnswerHelp, AskHelp, LeftUnpaid
from syspark.domain.orders import Because, MoveBarrier
from syspark.domain.site import display
from syspark.domain.site.events import (
    HelpAsked,
    HelpEnded,
    LaneOpened,
    LaneOpenedByHand,
    PaymentAskEnded,
    PresenceChanged,
    SiteEvent,
    VisitChanged,
    VisitEnded,
)
from syspark.domain.site.lane import known_to_wait
from syspark.domain.site.matching import DRIVER, let_out_unknown
from syspark.domain.site.opening import RELEASE, asked, open_lane
from syspark.domain.site.state import Known, SiteSetup, SiteState, Visit
from syspark.domain.units import Lane

HELP_TIMER = "help"


def ask_help(state: SiteState, message: AskHelp, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    """Call a person to a lane, and open it when none answers. Asked again, it counts from the first time.

    Anybody may ask on the portal, from anywhere: a lane where nobody is known to wait does not open by itself for it.
    """
    lane = state.lane(message.lane)
    unseen = message.author == DRIVER and not known_to_wait(state, message.lane, setup, at)
    if lane.help_since is not None and (unseen or not lane.help_unseen):
        return Decision(rule="help-asked-again")
    if unseen:
        return Decision(
            rule="help-asked-unseen",
            events=(HelpAsked(lane=message.lane, at=at.now, unseen=True),),
            handovers=(alarms.raised(AlarmKind.HELP_ASKED, about=message.lane),),
        )
    due = later(at.now, setup.policy.help_unanswered_s)
    return Decision(
        rule="help-asked",
        events=(HelpAsked(lane=message.lane, at=at.now),),
        handovers=(alarms.raised(AlarmKind.HELP_ASKED, about=message.lane),),
        timers=(Timer(key=f"{HELP_TIMER}:{message.lane}", at=due),),
    )


def answer_help(state: SiteState, message: AnswerHelp) -> Decision[SiteEvent]:
    """A person has answered: from now on it is theirs to open."""
    if state.lane(message.lane).help_since is None:
        return Decision(rule="help-of-nobody", refused="nobody asks for help at this lane any more")
    return _ended(Decision(rule="help-answered"), message.lane)


def help_due(state: SiteState, name: Lane, known: Known, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    """Open for whoever has asked in vain. Not when nobody is known to be there any more, nor long after it was due."""
    lane, policy = state.lane(name), setup.policy
    since = lane.help_since
    if since is None:
        return Decision(rule="help-over")
    called = later(since, policy.help_costly_s)
    costly = name is Lane.EXIT and state.ask is not None and state.ask.cents > policy.help_costly_cents
    if costly and at.now < called:
        return Decision(rule="help-costly", timers=(Timer(key=f"{HELP_TIMER}:{name}", at=called),))
    gone = state.watched(name, setup.sensors) and not lane.present
    if gone or at.now - since > timedelta(seconds=2 * max(policy.help_unanswered_s, policy.help_costly_s)):
        return _ended(Decision(rule="help-nobody-there"), name)
    visit = known.visit if known.visit is not None and known.visit.inside else None
    if visit is not None:
        return _ended(let_out(state, visit, name, setup, at), name)
    unknown = let_out_unknown(state, name, known, setup, at, told=LeftUnpaid(left_at=at.fact_at))
    return _ended(unknown or _for_nobody_known(name, setup, at), name)


def settled(state: SiteState, decision: Decision[SiteEvent]) -> Decision[SiteEvent]:
    """The decision, which also ends a call for help at a lane that it opens or that the vehicle has left."""
    for name, lane in state.lanes.items():
        if lane.help_since is not None and any(_settles(event, name) for event in decision.events):
            decision = _ended(decision, name)
    return decision


def _settles(event: SiteEvent, name: Lane) -> bool:
    match event:
        case LaneOpened(lane=lane, withheld=False) | LaneOpenedByHand(lane=lane):
            return lane is name
        case PresenceChanged(lane=lane, present=False):
            return lane is name
        case _:
            return False


def _ended(decision: Decision[SiteEvent], name: Lane) -> Decision[SiteEvent]:
    if any(isinstance(event, HelpEnded) and event.lane is name for event in decision.events):
        return decision
    return changed(
        decision,
        events=(*decision.events, HelpEnded(lane=name)),
        handovers=(*decision.handovers, alarms.cleared(AlarmKind.HELP_ASKED, about=name)),
        timers=(*decision.timers, Timer(key=f"{HELP_TIMER}:{name}", at=None)),
    )


def let_out(state: SiteState, visit: Visit, name: Lane, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    """Open for a vehicle that is known; at the exit its debt is its session's to say."""
    because = Because.TIMED_RELEASE
    command, opened = open_lane(
        visit.key, name, at, setup, session_id=visit.session_id, read_at=at.fact_at, because=because
    )
    tried = replace(visit, lane=name, read_at=at.fact_at, command_id=command.id, answer=asked(opened))
    if name is Lane.ENTRY:
        again = VisitChanged(visit=replace(tried, tried_at=at.now, confirmed=False))
        return Decision(rule=RELEASE, events=(again, opened), commands=(command,))
    ended: tuple[SiteEvent, ...] = (VisitEnded(visit=replace(tried, left_at=at.now, confirmed=True, counted_out=True)),)
    timers: tuple[Timer, ...] = ()
    if state.ask is not None and state.ask.session_id == visit.session_id:
        ended = (*ended, PaymentAskEnded(why="let out unpaid"))
        timers = (Timer(key=display.PAYMENT_TIMER, at=None),)
    return Decision(
        rule=RELEASE,
        events=(*ended, opened),
        commands=(command, display.free_places(setup, state, at, 1, change=-1, plan=visit.plan)),
        handovers=(ToSession(visit.session_id, LeftUnpaid(left_at=at.fact_at)),),
        timers=timers,
    )


def _for_nobody_known(name: Lane, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    command = Command(
        id=at.command_id(0),
        order=MoveBarrier(lane=name, read_at=at.fact_at, because=Because.TIMED_RELEASE),
        expires_at=later(at.fact_at, setup.policy.barrier_expiry_s),
    )
    opened = LaneOpenedByHand(
        lane=name, command_id=command.id, reason=RELEASE, author=RELEASE, at=at.now, because=Because.TIMED_RELEASE
    )
    return Decision(rule=RELEASE, events=(opened,), commands=(command,))
