"""What the site's displays say. Source: contract.md, facts about `display/text` and `payment/req`.

The site's own text is the number of free places. Any other text is a notice: the number follows it some seconds
later. No text ever holds `COMPLET`: an emergency badge may always enter, and that word makes the entry board refuse it.
"""

from dataclasses import replace
from datetime import datetime

from syspark.domain.access import Refusal
from syspark.domain.decision import Command, Decision, Moment, Timer, later
from syspark.domain.orders import Order, RefuseEntry, RequestPayment, ShowText
from syspark.domain.site.events import DisplayTold, LaneOpened, SiteEvent
from syspark.domain.site.state import Display, PaymentAsk, SiteSetup, SiteState
from syspark.domain.units import Cents, Lane

DISPLAY_TIMER = "display"
PAYMENT_TIMER = "payment"

BOARD_S = 15
"""How long a board shows a request or a refusal. Source: contract.md."""

BADGE_AGAIN = "BADGEZ A NOUVEAU"

REFUSALS = {
    Refusal.UNKNOWN: "BADGE INCONNU",
    Refusal.BLOCKED: "BADGE BLOQUE",
    Refusal.NOT_YET: "BADGE PAS ENCORE VALABLE",
    Refusal.ENDED: "BADGE EXPIRE",
    Refusal.FULL: "PARKING COMPLET",
    Refusal.PLATE_UNKNOWN: "PLAQUE INCONNUE",
}


def told(state: SiteState, decision: Decision[SiteEvent], setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    """The decision with what its commands make the displays say, where that is something else than before."""
    for command in reversed(decision.commands):
        shown = _shown(command.order, setup, at)
        if shown is not None:
            if shown == state.display:
                return decision
            return replace(decision, events=(*decision.events, DisplayTold(display=shown)))
    return decision


def _shown(order: Order, setup: SiteSetup, at: Moment) -> Display | None:
    match order:
        case ShowText(ttl_s=None):
            return Display(text=order.text, kind="information")
        case ShowText(ttl_s=int() as seconds):
            return Display(text=order.text, kind="prompt", lane=order.lane, until=later(at.now, seconds))
        case RefuseEntry():
            return Display(text=order.cause, kind="prompt", lane=Lane.ENTRY, until=later(at.now, BOARD_S))
        case RequestPayment():
            text = f"{order.cause} {order.amount / 100:.2f} {order.currency}"
            until = later(at.now, setup.policy.payment_repeat_s)
            return Display(text=text, kind="payment", lane=Lane.EXIT, until=until)
        case _:
            return None


def free_places(setup: SiteSetup, occupancy: int, at: Moment, place: int = 0) -> Command:
    """Show how many places are free, as the command at `place` of the decision."""
    text = f"LIBRE:{min(setup.capacity, max(0, setup.capacity - occupancy))}"
    return Command(
        id=at.command_id(place), order=ShowText(text=text), expires_at=later(at.now, setup.policy.display_expiry_s)
    )


def notice(
    setup: SiteSetup, text: str, lane: Lane, at: Moment, *, since: datetime, place: int = 0
) -> tuple[Command, Timer]:
    """Show a driver a text for what happened at `since`, and when the site's own text is due again."""
    seconds = setup.policy.notice_s
    order = ShowText(text=text, lane=lane, ttl_s=seconds)
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
        order=RefuseEntry(cause=REFUSALS[Refusal.FULL], masked_plate=masked),
        expires_at=later(at.fact_at, setup.policy.late_after_s),
    )


def payment(ask: PaymentAsk, setup: SiteSetup, at: Moment) -> tuple[Command, Timer]:
    """Ask at the exit for a payment, and when to ask again."""
    order = RequestPayment(
        session_id=ask.session_id,
        masked_plate=ask.masked,
        amount=Cents(ask.cents),
        currency=ask.currency,
        cause="A PAYER",
        duration_s=ask.duration_s,
    )
    again_at = later(at.now, setup.policy.payment_repeat_s)
    return Command(id=at.command_id(0), order=order, expires_at=again_at), Timer(key=PAYMENT_TIMER, at=again_at)
