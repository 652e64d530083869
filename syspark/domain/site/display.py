"""What the site's displays say. Source: contract.md, facts about `display/text` and `payment/req`.

The site's own text is the number of free places. Any other text stands above it until its time is over, and nothing
of lower priority is sent meanwhile to the displays it is on: what is due next follows when it ends. No text ever holds
`COMPLET`: an emergency badge may always enter, and that word makes the entry board refuse it.
"""

from dataclasses import replace
from datetime import datetime

from syspark.domain.access import Plan, Refusal
from syspark.domain.decision import Command, Decision, Moment, Timer, later
from syspark.domain.orders import Order, RefuseEntry, RequestPayment, ShowText
from syspark.domain.site.events import DisplayTold, LaneOpened, SiteEvent
from syspark.domain.site.places import shown_places
from syspark.domain.site.state import Display, PaymentAsk, SiteSetup, SiteState
from syspark.domain.site.words import BADGE_AGAIN, REFUSALS, TO_PAY, Words
from syspark.domain.units import Cents, Lane

DISPLAY_TIMER = "display"
PAYMENT_TIMER = "payment"

BOARD_S = 15
"""How long a board shows a request or a refusal. Source: contract.md."""

PRIORITIES = ("information", "prompt", "payment", "fault", "emergency")
"""Of what a display says, the least first. Source: domain.md, "Commands to the site"."""


def told(state: SiteState, decision: Decision[SiteEvent], setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    """The decision without the texts that something more important keeps from being seen, and what is shown after it.

    Whoever is asked to pay, or refused, is told on a board of the lane's own: only an emergency is above that.
    """
    changed = next((event for event in decision.events if isinstance(event, DisplayTold)), None)
    if changed is None and not any(_shown(command.order, setup, at) for command in decision.commands):
        # What shows nothing is decided without the texts: that one of them is over is no consequence of it.
        return decision
    before = DisplayTold(display=state.display, texts=state.texts) if changed is None else changed
    standing, display = _standing(before.texts, at.now), before.display
    sent: list[Command] = []
    for command in decision.commands:
        shown = _shown(command.order, setup, at)
        if shown is None:
            sent.append(command)
            continue
        hidden = any(_hides(text, shown, command.order) for text in standing)
        if isinstance(command.order, ShowText) and shown.kind != "information":
            standing = (*(text for text in standing if (text.kind, text.lane) != (shown.kind, shown.lane)), shown)
        if not hidden:
            sent.append(command)
            display = shown
    told_now = DisplayTold(display=display, texts=standing)
    events = decision.events if told_now == before else (*decision.events, told_now)
    return replace(decision, commands=tuple(sent), events=events)


def ended(state: SiteState, kind: str, lane: Lane | None, at: Moment) -> tuple[DisplayTold, ...]:
    """That a text which stood until told otherwise is over; nothing where none stands."""
    left = tuple(text for text in _standing(state.texts, at.now) if (text.kind, text.lane) != (kind, lane))
    return (DisplayTold(display=state.display, texts=left),) if len(left) < len(state.texts) else ()


def restored(state: SiteState, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    """Show what is due now that a text is over, and look again when the next one ends."""
    ends = [text.until for text in _standing(state.texts, at.now) if text.until is not None]
    timers = (Timer(key=DISPLAY_TIMER, at=min(ends)),) if ends else ()
    return Decision(rule="display-restored", commands=(due(state, setup, at),), timers=timers)


def due(state: SiteState, setup: SiteSetup, at: Moment, place: int = 0) -> Command:
    """What the site's displays should say now: the most important text that stands, else the number of free places."""
    standing = _standing(state.texts, at.now)
    if not standing:
        return free_places(setup, state, at, place)
    text = max(standing, key=lambda one: PRIORITIES.index(one.kind))
    seconds = None if text.until is None else max(1, round((text.until - at.now).total_seconds()))
    order = ShowText(text=text.text, lane=text.lane, ttl_s=seconds, priority=PRIORITIES.index(text.kind))
    expires_at = text.until or later(at.now, setup.policy.display_expiry_s)
    return Command(id=at.command_id(place), order=order, expires_at=expires_at)


def _standing(texts: tuple[Display, ...], now: datetime) -> tuple[Display, ...]:
    return tuple(text for text in texts if text.until is None or text.until > now)


def _hides(standing: Display, shown: Display, order: Order) -> bool:
    """Whether a text that stands must not be replaced on its displays by another one."""
    if not isinstance(order, ShowText):
        return standing.kind == "emergency"
    above = PRIORITIES.index(standing.kind) > PRIORITIES.index(shown.kind)
    return above and (standing.lane is None or shown.lane is None or standing.lane is shown.lane)


def _shown(order: Order, setup: SiteSetup, at: Moment) -> Display | None:
    match order:
        case ShowText():
            until = later(at.now, order.ttl_s) if order.ttl_s is not None else None
            return Display(text=order.text, kind=PRIORITIES[order.priority or 0], lane=order.lane, until=until)
        case RefuseEntry():
            return Display(text=order.cause, kind="prompt", lane=Lane.ENTRY, until=later(at.now, BOARD_S))
        case RequestPayment():
            text = f"{order.cause} {order.amount / 100:.2f} {order.currency}"
            until = later(at.now, setup.policy.payment_repeat_s)
            return Display(text=text, kind="payment", lane=Lane.EXIT, until=until)
        case _:
            return None


def text(words: Words, kind: str, setup: SiteSetup, at: Moment, *, lane: Lane | None = None, place: int = 0) -> Command:
    """Show a text of this importance until something else is told."""
    order = ShowText(text=words.said(setup.policy), lane=lane, priority=PRIORITIES.index(kind))
    return Command(id=at.command_id(place), order=order, expires_at=later(at.now, setup.policy.display_expiry_s))


def free_places(
    setup: SiteSetup, state: SiteState, at: Moment, place: int = 0, *, change: int = 0, plan: Plan = Plan.VISITOR
) -> Command:
    """Show how many places are free for anybody, as the command at `place`; `change` more are inside under a plan."""
    text = f"LIBRE:{shown_places(state, setup, change, plan)}"
    return Command(
        id=at.command_id(place), order=ShowText(text=text), expires_at=later(at.now, setup.policy.display_expiry_s)
    )


def notice(
    setup: SiteSetup, words: Words, lane: Lane, at: Moment, *, since: datetime, place: int = 0
) -> tuple[Command, Timer]:
    """Show a driver a text for what happened at `since`, and when the site's own text is due again."""
    seconds = setup.policy.notice_s
    order = ShowText(text=words.said(setup.policy), lane=lane, ttl_s=seconds, priority=PRIORITIES.index("prompt"))
    command = Command(id=at.command_id(place), order=order, expires_at=later(since, setup.policy.late_after_s))
    return command, Timer(key=DISPLAY_TIMER, at=later(at.now, seconds))


def badge_again(
    setup: SiteSetup, lane: Lane, at: Moment, *, read_at: datetime, place: int = 0
) -> tuple[tuple[Command, ...], tuple[Timer, ...]]:
    """Ask a driver whose read led to nothing to badge again; nothing when the read is so old that nobody waits."""
    if (at.now - read_at).total_seconds() >= setup.policy.read_fresh_s:
        return (), ()
    shown, restore = notice(setup, BADGE_AGAIN, lane, at, since=at.now, place=place)
    return (shown,), (restore,)


def after_opening(
    opened: LaneOpened, setup: SiteSetup, at: Moment, *, place: int
) -> tuple[tuple[Command, ...], tuple[Timer, ...]]:
    """What to tell the driver of an opening: to badge again when it was withheld."""
    return badge_again(setup, opened.lane, at, read_at=opened.read_at, place=place) if opened.withheld else ((), ())


def full(setup: SiteSetup, masked: str, at: Moment) -> Command:
    """Tell the car at the entry, and nobody else, that there is no place for it."""
    return Command(
        id=at.command_id(0),
        order=RefuseEntry(cause=REFUSALS[Refusal.FULL].said(setup.policy), masked_plate=masked),
        expires_at=later(at.fact_at, setup.policy.late_after_s),
    )


def payment(ask: PaymentAsk, setup: SiteSetup, at: Moment) -> tuple[Command, Timer]:
    """Ask at the exit for a payment, and when to ask again."""
    order = RequestPayment(
        session_id=ask.session_id,
        masked_plate=ask.masked,
        amount=Cents(ask.cents),
        currency=ask.currency,
        cause=TO_PAY.said(setup.policy),
        duration_s=ask.duration_s,
    )
    again_at = later(at.now, setup.policy.payment_repeat_s)
    return Command(id=at.command_id(0), order=order, expires_at=again_at), Timer(key=PAYMENT_TIMER, at=again_at)
