"""Controller sync: drives what a site's controllers hold to what they should, with the fewest messages.

One message in flight. A change is confirmed by the controllers' `acl/event`, and all of them by the list they are asked
for after the last. They lose messages, restart, and say neither which board speaks nor which message they answer:
whatever was believed too early shows in that list. Source: domain.md, "ACL sync"; contract.md, "Facts about the field
equipment".
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import timedelta

from msgspec.structs import replace as but

from syspark.domain import alarms
from syspark.domain.alarm_details import LISTS_APART
from syspark.domain.alarm_kind import AlarmKind
from syspark.domain.controller.book import Book, Outlook
from syspark.domain.controller.state import (
    BOARDS,
    ControllerEvent,
    ControllerState,
    InFlight,
    Moved,
    PinChanged,
    evolve,
)
from syspark.domain.decision import Command, Decision, HandOver, Moment, Timer, ToDevice, later
from syspark.domain.device import digest
from syspark.domain.facts import AclReported, AclWritten, BridgeReported, SyncRequested
from syspark.domain.messages import (
    ChangePin,
    CommandFated,
    ControllerMessage,
    DeadlineReached,
    DesiredChanged,
    Reported,
    SendAgain,
)
from syspark.domain.orders import AddBadge, ListBadges, RemoveBadge, ReplaceBadges, SetPin
from syspark.domain.units import DeviceName, Lane

__all__ = ["NEVER_HEARD", "concerns", "decide", "evolve", "taken"]

TURN = "turn"
"""The one wait there is: for an answer, for the other board's, or before the next try."""
GREETING = "greeting"
TERMS = "terms"
DRIFT = "drift"

ANSWER_S = 3.0
"""How long a first answer may take; twice as long for each message in a row that had none."""
OTHER_BOARD_S = 1.0
LONGEST_WAIT_S = 300.0
COMPARED_AGAIN_S = 86_400.0
"""Cards fail and are exchanged without a word: lists that were alike are compared once a day."""
QUESTIONS = 3
"""How often both boards are asked before one of them is taken to be silent."""
SILENT_TIMES = 3
"""So often, minutes apart, before one board is taken to be all there is: a bad line loses three answers in a row."""
ASK_AFTER_TRIES = 4
"""What is not answered so often is perhaps not heard at all: a question tells, and costs less than what it is about."""
STUCK_AFTER = 3
REST_S = 3600.0
"""Controllers that write all we send and list something else are left alone so long; whatever they say wakes us."""
FRESH_S = 10.0
"""An older list has waited on its way, or was retained. Source: contract.md."""
GREETING_S = 2.0
"""A site's bridge says that it is there before it subscribes, and hands on what was retained, perhaps days ago."""
JUST_LISTED_S = 5.0
"""Controllers list what they hold and then ask for their state, after each connect."""
DRIFT_AFTER_S = 300.0
"""Source: domain.md, "ACL sync"."""


@dataclass(frozen=True, slots=True)
class _Step:
    rule: str
    state: ControllerState
    commands: tuple[Command, ...] = ()
    timers: tuple[Timer, ...] = ()
    handovers: tuple[HandOver, ...] = ()
    refused: str | None = None


NEVER_HEARD: Decision[ControllerEvent] = Decision(rule="controllers-never-heard")
"""Controllers tell what they hold after each connect; where none ever did, there may be none."""


def concerns(state: ControllerState, message: ControllerMessage, devices: Collection[DeviceName]) -> bool:
    """Whether a message is for controllers that somebody has set up, and that were heard, now or before."""
    match message:
        case Reported(fact=AclReported() | AclWritten() | SyncRequested()):
            return message.device in devices
        case SendAgain() | ChangePin():
            return True
        case _:
            return state.heard_at is not None


def taken(book: Book, state: ControllerState, message: ControllerMessage, at: Moment) -> Book:
    """The book after a message, if it is decided: what the controllers say of their lists, as far as it counts."""
    asked = state.asked
    match message:
        case Reported(fact=AclReported(entries=entries)) if _answers(state, at):
            return book.listing(entries, first=state.questions == 1 and state.lists == 0)
        case Reported(fact=AclWritten(ok=True)) if asked is not None and asked.sent and asked.answers == 0:
            return book if isinstance(asked.order, ListBadges) else book.written(asked.order)
        case _:
            return book


def decide(
    state: ControllerState, message: ControllerMessage, ahead: Outlook, pins: tuple[Lane, ...], at: Moment
) -> Decision[ControllerEvent]:
    """What a message means for what is to be sent next. `ahead` is the book's as it stands after the message.

    `pins` are the lanes that have one. What is sent waits for the fate of what was sent before, then for its answers.
    """
    step = _step(_wanting(state, ahead, at), message, ahead, pins, at)
    after = _differing(step.state, ahead, at)
    timers, handovers = step.timers, step.handovers
    if ahead.turns_at is not None:
        timers = (*timers, Timer(TERMS, ahead.turns_at))
    if after.differs_since != state.differs_since:
        alarm_at = later(after.differs_since, DRIFT_AFTER_S) if after.differs_since else None
        timers = (*timers, Timer(DRIFT, alarm_at))
    if state.alarmed and after.differs_since is None:
        after = but(after, alarmed=False)
        handovers = (*handovers, alarms.cleared(AlarmKind.CONTROLLER_DRIFT))
    events: tuple[ControllerEvent, ...] = (Moved(state=after),) if after != state else ()
    if isinstance(message, ChangePin):
        events = (*events, PinChanged(lane=message.lane, sealed_secret=message.sealed_secret))
    return Decision(
        rule=step.rule,
        events=events,
        commands=step.commands,
        timers=timers,
        handovers=handovers,
        refused=step.refused,
    )


def _step(
    state: ControllerState, message: ControllerMessage, ahead: Outlook, pins: tuple[Lane, ...], at: Moment
) -> _Step:
    match message:
        case Reported(fact=AclReported() as fact):
            return _listed(state, message, fact, ahead, at)
        case Reported(fact=AclWritten() as fact):
            return _written(state, message, fact, ahead, at)
        case Reported(fact=SyncRequested(boot=False)):
            return _connected(state, ahead, pins, at)
        case Reported(fact=BridgeReported(online=True)):
            return _Step("bridge-back", state, timers=(Timer(GREETING, later(at.now, GREETING_S)),))
        case SendAgain() if state.heard_at is None:
            return _Step("controllers-never-heard", state, refused="no controller of this site was ever heard")
        case CommandFated():
            return _fated(state, message, at)
        case DesiredChanged():
            return _next(state, ahead, at)
        case ChangePin(lane=lane):
            # Controllers that were never heard ask for it as soon as they connect.
            heard = state.heard_at is not None
            return _Step("pin-changed", state, _pins((lane,), at, 0) if heard else ())
        case SendAgain():
            return _greet(state, ahead, pins, at)
        case DeadlineReached() if message.timer == GREETING:
            return _greet(state, ahead, pins, at)
        case DeadlineReached() if message.timer == TURN:
            return _turn(state, ahead, at)
        case DeadlineReached() if message.timer == TERMS:
            return _next(state, ahead, at)
        case DeadlineReached() if message.timer == DRIFT and state.differs_since is not None:
            apart = LISTS_APART.written(missing=state.missing, extra=state.extra, desired=state.desired)
            raised = alarms.raised(AlarmKind.CONTROLLER_DRIFT, detail=apart)
            return _Step("controllers-drift", but(state, alarmed=True), handovers=(raised,))
        case Reported() | DeadlineReached():
            return _Step("nothing-to-do", state)


RULES = {AddBadge: "badge-added", RemoveBadge: "badge-removed", ReplaceBadges: "list-replaced"}


def _next(state: ControllerState, ahead: Outlook, at: Moment, place: int = 0) -> _Step:
    """Send what is to be sent now, as the command at `place`; nothing before an answer to what was sent."""
    if not state.managed:
        # Whoever begins with the service has controllers that know people: they are not to be locked out by it.
        return _Step("lists-left-alone", state)
    if state.asked is not None:
        return _Step("answer-awaited", state)
    if not ahead.listed or state.doubt or state.tries >= ASK_AFTER_TRIES:
        return _send("list-asked", but(state, lists=0, questions=1), ListBadges(), at, place)
    if ahead.change is not None:
        if state.stuck >= STUCK_AFTER:
            resting = but(state, trouble=state.trouble or "not-listed")
            return _Step("controllers-rest", resting, timers=(_turn_in(REST_S, at),))
        versioned = but(ahead.change, version=state.version)
        return _send(RULES[type(versioned)], but(state, questions=0), versioned, at, place)
    if state.changed:
        return _send("list-asked", but(state, lists=0, questions=1), ListBadges(), at, place)
    if state.lists < state.boards and state.questions < QUESTIONS:
        # The other board's answer was lost, or there is none: only another question tells.
        asking = but(state, lists=0, questions=state.questions + 1)
        return _send("other-board-asked", asking, ListBadges(), at, place)
    silent = 0 if state.lists >= state.boards else state.silent + 1
    calm = but(state, silent=silent, left=0, stuck=0, trouble=None, differs_since=None)
    calm = but(calm, in_step_since=state.in_step_since or at.now)
    if 0 < silent < SILENT_TIMES:
        return _Step("other-board-silent", calm, timers=(_turn_in(LONGEST_WAIT_S, at),))
    calm = but(calm, silent=0, boards=1 if silent else state.boards)
    return _Step("in-step", calm, timers=(_turn_in(COMPARED_AGAIN_S, at),))


def _send(
    rule: str,
    state: ControllerState,
    order: AddBadge | RemoveBadge | ReplaceBadges | ListBadges,
    at: Moment,
    place: int,
) -> _Step:
    command = Command(id=at.command_id(place), order=order, expires_at=None)
    asking = but(state, asked=InFlight(command_id=command.id, order=order))
    # Until its fate is known there is nothing to wait for: the broker may be away.
    return _Step(rule, asking, (command,), (Timer(TURN, None),))


def _listed(state: ControllerState, reported: Reported, fact: AclReported, ahead: Outlook, at: Moment) -> _Step:
    """One board lists what it holds: the answer to our question, or what it says after each connect."""
    listed = digest(fact.entries)
    heard = but(state, heard_at=at.now, listed_at=at.now, listed=listed)
    # Lists are long, and both boards send theirs: the twin is told when they list something else.
    twin = () if listed == state.listed else (ToDevice(reported.device, reported),)
    asked = state.asked
    if _answers(state, at) and asked is not None:
        heard = but(heard, lists=state.lists + 1, asked=but(asked, sent=True, answers=asked.answers + 1))
        if heard.asked is not None and heard.asked.answers < BOARDS:
            return _Step("one-board-listed", heard, (), (_turn_in(OTHER_BOARD_S, at),), twin)
        step = _concluded(heard, ahead, at)
    elif asked is not None:
        step = _Step("list-noted", heard)
    elif ahead.as_desired and state.differs_since is None:
        calm = but(heard, in_step_since=state.in_step_since or at.now)
        step = _Step("list-as-desired", calm, timers=(_turn_in(COMPARED_AGAIN_S, at),))
    else:
        step = _next(but(heard, doubt=True, stuck=0), ahead, at)
    return replace(step, handovers=twin)


def _answers(state: ControllerState, at: Moment) -> bool:
    """Whether a list that comes now answers our question; one that was long on its way may be older than it."""
    return state.asked is not None and isinstance(state.asked.order, ListBadges) and at.age_s <= FRESH_S


def _written(state: ControllerState, reported: Reported, fact: AclWritten, ahead: Outlook, at: Moment) -> _Step:
    """A board has written a change to its card, or could not."""
    heard = but(state, heard_at=at.now)
    twin = (ToDevice(reported.device, reported),)
    asked = state.asked
    if asked is None or not asked.sent or isinstance(asked.order, ListBadges):
        step = _Step("card-noted", heard)
    elif not fact.ok:
        failed = but(heard, asked=None, doubt=True, tries=state.tries + 1, trouble="card")
        step = _Step("card-failed", failed, timers=(_turn_in(_patience_s(failed), at),))
    elif asked.answers + 1 < state.boards:
        waiting = but(heard, asked=but(asked, answers=asked.answers + 1))
        step = _Step("one-board-wrote", waiting, timers=(_turn_in(OTHER_BOARD_S, at),))
    else:
        step = _concluded(heard, ahead, at)
    return replace(step, handovers=twin)


def _connected(state: ControllerState, ahead: Outlook, pins: tuple[Lane, ...], at: Moment) -> _Step:
    """A controller has connected. It has just listed what it holds: if that was right, it lacks the PIN alone."""
    heard = but(state, heard_at=at.now, tries=0)
    just_listed = state.listed_at is not None and at.now - state.listed_at <= timedelta(seconds=JUST_LISTED_S)
    return _with_pins("controller-connected", heard if just_listed else but(heard, doubt=True), ahead, pins, at)


def _greet(state: ControllerState, ahead: Outlook, pins: tuple[Lane, ...], at: Moment) -> _Step:
    """Controllers may have missed what we sent: compare the lists, and send what nobody confirms."""
    doubtful = but(state, doubt=True, tries=0, stuck=0)
    return _with_pins("controllers-asked-again", doubtful, ahead, pins, at)


def _with_pins(rule: str, state: ControllerState, ahead: Outlook, pins: tuple[Lane, ...], at: Moment) -> _Step:
    """Send the PINs, which nobody confirms, and go on with the lists if they are in doubt."""
    step = _next(state, ahead, at, len(pins)) if state.doubt else _Step(rule, state)
    return replace(step, rule=rule, commands=(*_pins(pins, at, 0), *step.commands))


def _pins(lanes: tuple[Lane, ...], at: Moment, place: int) -> tuple[Command, ...]:
    return tuple(
        Command(id=at.command_id(number), order=SetPin(lane=lane), expires_at=None)
        for number, lane in enumerate(lanes, place)
    )


def _fated(state: ControllerState, fated: CommandFated, at: Moment) -> _Step:
    """What we sent is on its way, so that an answer may come; or it never will be."""
    asked = state.asked
    if asked is None or asked.command_id != fated.command_id or asked.sent:
        return _Step("fate-noted", state)
    if fated.fate in {"sent", "acked", "unknown"}:
        sent = but(state, asked=but(asked, sent=True))
        return _Step("message-sent", sent, timers=(_turn_in(_patience_s(state), at),))
    failed = but(state, asked=None, doubt=True, trouble="not-sent")
    return _Step("message-not-sent", failed, timers=(_turn_in(REST_S, at),))


def _turn(state: ControllerState, ahead: Outlook, at: Moment) -> _Step:
    """A wait is over: of what was answered by one board, of what was not answered at all, or before another try."""
    asked = state.asked
    if asked is None:
        rested = state.stuck if state.stuck < STUCK_AFTER else 0
        return _next(but(state, doubt=True, stuck=rested), ahead, at)
    if asked.answers > 0:
        # A board that has missed a whole list holds another one: whatever follows would be for nothing.
        uneven = isinstance(asked.order, ReplaceBadges) and asked.answers < state.boards
        return _concluded(but(state, doubt=True) if uneven else state, ahead, at)
    if not asked.sent:
        return _Step("nothing-to-do", state)
    return _next(but(state, asked=None, tries=state.tries + 1, trouble="no-answer"), ahead, at)


def _concluded(state: ControllerState, ahead: Outlook, at: Moment) -> _Step:
    """All the answers there may be have come: go on."""
    asked = state.asked
    # That a card cannot be written is not over because its board can still list what it holds.
    question = asked is None or isinstance(asked.order, ListBadges)
    going_on = but(state, asked=None, tries=0, trouble="card" if question and state.trouble == "card" else None)
    if not question:
        return _next(but(going_on, changed=True), ahead, at)
    no_nearer = 0 < state.left <= ahead.left
    listed = but(
        going_on,
        doubt=False,
        changed=False,
        boards=BOARDS if asked is not None and asked.answers == BOARDS else state.boards,
        stuck=state.stuck + 1 if no_nearer else 0,
        left=ahead.left,
    )
    return _next(listed, ahead, at)


def _wanting(state: ControllerState, ahead: Outlook, at: Moment) -> ControllerState:
    """The state, with a new version when the desired list is another one: until it is confirmed, they differ."""
    if ahead.digest == state.digest:
        return state
    newer = but(state, version=state.version + 1, digest=ahead.digest, desired=ahead.desired, stuck=0, left=0)
    newer = but(newer, managed=state.managed or ahead.desired > 0)
    if state.heard_at is None or not newer.managed:
        return newer
    return but(newer, differs_since=state.differs_since or at.now, in_step_since=None)


def _differing(state: ControllerState, ahead: Outlook, at: Moment) -> ControllerState:
    """The state, with what is known of the differences, and since when there have been any."""
    if not (ahead.listed and state.managed):
        return state
    counted = but(state, missing=ahead.missing, extra=ahead.extra)
    if ahead.change is None or state.differs_since is not None:
        return counted
    return but(counted, differs_since=at.now, in_step_since=None)


def _patience_s(state: ControllerState) -> float:
    return float(min(LONGEST_WAIT_S, ANSWER_S * 2**state.tries))


def _turn_in(seconds: float, at: Moment) -> Timer:
    return Timer(TURN, later(at.now, seconds))
