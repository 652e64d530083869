"""What money means for the exit lane. Source: domain.md, "Exit and payment" and "Timed release"; docs/money.md.

Whoever pays must not open for somebody else: the lane opens for a payment only when that vehicle is the last that was
read there.
"""

from dataclasses import replace

from msgspec.structs import replace as changed_fields

from syspark.domain import alarms
from syspark.domain.alarm_kind import AlarmKind
from syspark.domain.decision import Command, Decision, Moment, Timer, ToSession, later
from syspark.domain.messages import AskHelp
from syspark.domain.orders import ConfirmPayment
from syspark.domain.payment.messages import PaymentPath, SessionPaid
from syspark.domain.site.admission import exit_request
from syspark.domain.site.by_hand import open_by_hand
from syspark.domain.site.ending import asked_no_more
from syspark.domain.site.events import PaymentPathChanged, SiteEvent
from syspark.domain.site.help import ask_help
from syspark.domain.site.lane import known_to_wait
from syspark.domain.site.opening import RELEASE
from syspark.domain.site.reading import Case
from syspark.domain.site.release import RELEASE_TIMER, release_timer
from syspark.domain.site.state import Known, SiteSetup, SiteState
from syspark.domain.units import Lane, SessionId

PAID_TIMER = "paid"


def paid(state: SiteState, told: SessionPaid, known: Known, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    """Let a vehicle out that may leave, if it is the one at the exit; else it leaves when it is read there."""
    over, timers = asked_no_more(state, told.session_id, "paid")
    if over:
        timers = (*timers, Timer(key=RELEASE_TIMER, at=None))
    if not stands_there(state, told.session_id, setup, at):
        return Decision(rule="paid-not-at-exit", events=over, timers=timers)
    commands = (_confirmed(told, setup, at),) if told.amount_cents else ()
    if at.age_s > setup.policy.late_after_s:
        # The word is old, the vehicle is there now: what opens is decided on what is so now.
        again = Timer(key=f"{PAID_TIMER}:{told.session_id}", at=at.now)
        return Decision(rule="paid-look-again", events=over, commands=commands, timers=(*timers, again))
    decided = leaves(state, told.session_id, known, setup, at)
    return replace(decided, events=over, commands=commands, timers=timers)


def leaves(state: SiteState, session_id: SessionId, known: Known, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    """Ask the session of the vehicle at the exit to let it out."""
    if not stands_there(state, session_id, setup, at):
        return Decision(rule="paid-gone-since")
    opened_at = known.visit.opened_at if known.visit is not None else None
    request = exit_request(Case(state, known, setup, at), opened_at, by_pin=False)
    return Decision(rule="paid-at-exit", handovers=(ToSession(session_id, request),))


def stands_there(state: SiteState, session_id: SessionId, setup: SiteSetup, at: Moment) -> bool:
    """Whether a session's vehicle is the last that was read at the exit, and has not gone since."""
    identity = state.lane(Lane.EXIT).identity
    if identity is None or identity.session_id != session_id:
        return False
    fresh = (at.now - identity.at).total_seconds() <= setup.policy.read_fresh_s
    return fresh or (state.watched(Lane.EXIT, setup.sensors) and known_to_wait(state, Lane.EXIT, setup, at))


def path(state: SiteState, told: PaymentPath, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    """Nobody can pay, or everybody can again. Who waits at the exit is not held for it."""
    if told.down_since == state.payments_down_since:
        return Decision(rule="payments-as-before")
    changed = (PaymentPathChanged(down_since=told.down_since, at=at.fact_at),)
    if told.down_since is None:
        clear = (Timer(key=RELEASE_TIMER, at=None),) if state.ask is not None else ()
        mended = (alarms.cleared(AlarmKind.PAYMENTS_DOWN),)
        return Decision(rule="payments-work", events=changed, handovers=mended, timers=clear)
    down = changed_fields(state, payments_down_since=told.down_since)
    raised = (alarms.raised(AlarmKind.PAYMENTS_DOWN),)
    return Decision(rule="payments-down", events=changed, handovers=raised, timers=release_timer(down, setup, at))


def release_due(state: SiteState, known: Known, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    """Let out who cannot pay; above an amount a person is called first, and it opens anyway a little later."""
    ask, visit = state.ask, known.visit
    if ask is None or visit is None or state.payments_down_since is None:
        return Decision(rule="release-not-needed")
    lane = state.lane(Lane.EXIT)
    another = lane.identity is not None and lane.identity.session_id != ask.session_id
    if another or lane.cycle != ask.cycle:
        return Decision(rule="release-nobody-there")
    if ask.cents > setup.policy.help_costly_cents:
        return ask_help(state, AskHelp(lane=Lane.EXIT, author=RELEASE), setup, at)
    return open_by_hand(Case(state, known, setup, at), Lane.EXIT, None)


def _confirmed(told: SessionPaid, setup: SiteSetup, at: Moment) -> Command:
    order = ConfirmPayment(
        session_id=told.session_id,
        provider_ref=told.provider_ref,
        amount=told.amount_cents,
        currency=told.currency,
    )
    return Command(id=at.command_id(0), order=order, expires_at=later(at.now, setup.policy.payment_repeat_s))
