"""A driver asks for help: a person answers, or the lane opens. Source: domain.md, "Timed release".

Nobody is held hostage: what was due stays due, and is recorded with the rule.
"""

from datetime import timedelta

from syspark.domain import alarms
from syspark.domain.alarm_kind import AlarmKind
from syspark.domain.decision import Decision, Moment, Timer, also, later
from syspark.domain.messages import AnswerHelp, AskHelp
from syspark.domain.site.by_hand import open_by_hand
from syspark.domain.site.events import (
    HelpAsked,
    HelpEnded,
    LaneOpened,
    LaneOpenedByHand,
    PresenceChanged,
    SiteEvent,
)
from syspark.domain.site.lane import known_to_wait
from syspark.domain.site.matching import DRIVER
from syspark.domain.site.reading import Case
from syspark.domain.site.state import Known, SiteSetup, SiteState
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
    """Open for whoever has asked in vain. Not when nobody is known to be there any more, nor long after it was due.

    A site that seems to be cut off is told all the same, and again: it may have been heard wrongly.
    """
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
    released = open_by_hand(Case(state, known, setup, at), name, None)
    if state.cut_since is None:
        return _ended(released, name)
    again = Timer(key=f"{HELP_TIMER}:{name}", at=later(at.now, policy.help_unanswered_s))
    return also(released, timers=(again,))


def heard_again(state: SiteState, setup: SiteSetup, at: Moment) -> tuple[Timer, ...]:
    """When those who have called are let out of a site that has just connected: an opening it missed let out nobody."""
    soon = later(at.now, setup.policy.told_again_after_s)
    return tuple(
        Timer(key=f"{HELP_TIMER}:{name}", at=max(soon, later(lane.help_since, setup.policy.help_unanswered_s)))
        for name, lane in state.lanes.items()
        if lane.help_since is not None and not lane.help_unseen
    )


def settled(state: SiteState, decision: Decision[SiteEvent]) -> Decision[SiteEvent]:
    """The decision, which also ends a call for help at a lane that it opens or that the vehicle has left.

    A site that is cut off hears of no opening: whoever has called stands there still.
    """
    for name, lane in state.lanes.items():
        if lane.help_since is not None and any(_settles(event, name, state) for event in decision.events):
            decision = _ended(decision, name)
    return decision


def _settles(event: SiteEvent, name: Lane, state: SiteState) -> bool:
    match event:
        case LaneOpened(lane=lane, withheld=False) | LaneOpenedByHand(lane=lane):
            return lane is name and state.cut_since is None
        case PresenceChanged(lane=lane, present=False):
            return lane is name
        case _:
            return False


def _ended(decision: Decision[SiteEvent], name: Lane) -> Decision[SiteEvent]:
    if any(isinstance(event, HelpEnded) and event.lane is name for event in decision.events):
        return decision
    return also(
        decision,
        events=(HelpEnded(lane=name),),
        handovers=(alarms.cleared(AlarmKind.HELP_ASKED, about=name),),
        timers=(Timer(key=f"{HELP_TIMER}:{name}", at=None),),
    )
