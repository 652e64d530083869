"""What a session's answer at the exit means for the lane. Source: domain.md, "Exit and payment"."""

from msgspec.structs import replace

from syspark.domain.decision import Decision, HandOver, Moment, ToSession, later
from syspark.domain.messages import SESSION_OVER, ExitGranted, ExitMissed, PaymentDue, TurnedBack
from syspark.domain.orders import Because
from syspark.domain.site import display
from syspark.domain.site.ending import asked_no_more
from syspark.domain.site.events import PaymentAsked, PaymentAskEnded, SiteEvent, VisitChanged, VisitEnded, VisitResumed
from syspark.domain.site.lane import until_gone
from syspark.domain.site.ledger import OF_EXIT
from syspark.domain.site.opening import asked, open_lane
from syspark.domain.site.release import release_timer
from syspark.domain.site.state import Answer, Known, LaneOpening, PaymentAsk, SiteSetup, SiteState, Visit
from syspark.domain.units import Lane


def exit_granted(
    state: SiteState, granted: ExitGranted, known: Known, setup: SiteSetup, at: Moment
) -> Decision[SiteEvent]:
    """Open for a vehicle whose session lets it out, once a read, if it has not gone since."""
    visit = _visit_of(granted, known, at)
    if visit is None:
        return Decision(rule="exit-of-replaced-visit", refused="the vehicle has begun another visit since")
    lane = state.lane(granted.lane)
    left = replace(
        visit,
        left_at=granted.closed_at,
        lane=granted.lane,
        read_at=at.fact_at,
        confirmed=True,
        # A session that lets its vehicle out speaks for itself again; one that was over stays as it had ended.
        counted_out=visit.counted_out and granted.why == SESSION_OVER,
    )
    resumed = _resumed(granted, visit)
    over, timers = asked_no_more(state, granted.session_id, "let out")
    places = display.free_places(setup, state, at, 1, change=len(resumed) - 1, plan=visit.plan)
    if state.watched(granted.lane, setup.sensors) and lane.cycle != granted.cycle:
        gone = replace(left, answer=Answer.BAD, command_id=None)
        return Decision(
            rule="exit-vehicle-gone",
            events=(*resumed, VisitEnded(visit=gone), *over),
            commands=(places,),
            timers=timers,
        )
    opening = lane.opening
    if opening is not None and _is_of_this_read(opening, granted, setup, at):
        known_opening = replace(left, read_at=opening.read_at, command_id=opening.command_id, answer=opening.answer)
        return Decision(
            rule="exit-already-open",
            events=(*resumed, VisitEnded(visit=known_opening), *over),
            commands=(places,),
            timers=timers,
        )
    because = OF_EXIT.get(granted.why, Because.FREE)
    command, opened = open_lane(
        granted.key, granted.lane, at, setup, session_id=granted.session_id, read_at=at.fact_at, because=because
    )
    asked_again, restore = display.after_opening(opened, setup, at, place=1)
    return Decision(
        rule=f"exit-{granted.why}",
        events=(
            *resumed,
            VisitEnded(visit=replace(left, command_id=command.id, answer=asked(opened))),
            opened,
            *over,
        ),
        commands=(command, *(asked_again or (places,))),
        timers=timers + restore,
    )


def _is_of_this_read(opening: LaneOpening, granted: ExitGranted, setup: SiteSetup, at: Moment) -> bool:
    """Whether the lane was opened for this vehicle's read already, and nothing is known to have gone wrong."""
    apart_s = abs((at.fact_at - opening.read_at).total_seconds())
    return (
        opening.session_id == granted.session_id
        and opening.answer is not Answer.BAD
        and apart_s < setup.policy.badge_repeat_s
    )


def _visit_of(message: ExitGranted | PaymentDue, known: Known, at: Moment) -> Visit | None:
    """The visit a session's answer is about; None when its vehicle has begun another one or was let out since.

    A visit that was forgotten while the answer was on its way is known by the answer itself.
    """
    over = isinstance(message, ExitGranted) and message.why == SESSION_OVER
    if known.visit is not None and known.visit.session_id != message.session_id:
        return None
    if known.visit is not None:
        asked_since = known.visit.keys and (message.resumed or over)
        return known.visit if asked_since or not known.visit.counted_out else None
    return Visit(
        session_id=message.session_id,
        keys=(message.key,),
        opened_at=None,
        read_at=at.fact_at,
        tried_at=at.fact_at,
        lane=message.lane,
        confirmed=True,
        left_at=message.closed_at if isinstance(message, ExitGranted) else None,
    )


def _resumed(message: ExitGranted | PaymentDue, visit: Visit) -> tuple[SiteEvent, ...]:
    """Count a vehicle in again that was counted out before it asked once more."""
    over = isinstance(message, ExitGranted) and message.why == SESSION_OVER
    resumed = not visit.inside if over else message.resumed
    return (VisitResumed(visit=replace(visit, left_at=None, counted_out=False)),) if resumed else ()


def payment_due(state: SiteState, due: PaymentDue, known: Known, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    """Ask for the payment at the exit, and go on asking while the vehicle may be waiting."""
    visit = _visit_of(due, known, at)
    if visit is None:
        # Its session may have been opened again by the question, and nobody else would ever close it.
        left = ToSession(due.session_id, ExitMissed(last_seen_at=at.fact_at))
        return Decision(
            rule="payment-of-replaced-visit", handovers=(left,), refused="the vehicle has begun another visit since"
        )
    resumed = _resumed(due, visit)
    waiting = replace(
        visit,
        left_at=None,
        counted_out=False,
        lane=due.lane,
        read_at=at.fact_at,
        confirmed=True,
        command_id=None,
        answer=Answer.GOOD,
    )
    unanswered = VisitChanged(visit=replace(waiting, answer=Answer.BAD))
    if at.age_s > setup.policy.late_after_s:
        shown, restore = display.badge_again(setup, due.lane, at, read_at=at.fact_at)
        return Decision(rule="payment-asked-too-late", events=(*resumed, unanswered), commands=shown, timers=restore)
    lane = state.lane(due.lane)
    if state.watched(due.lane, setup.sensors) and lane.cycle != due.cycle:
        return Decision(rule="payment-vehicle-gone", events=(*resumed, unanswered))
    ask = PaymentAsk(
        session_id=due.session_id,
        key=due.key,
        cycle=lane.cycle,
        cents=due.quote.total_cents,
        currency=due.quote.currency,
        duration_s=due.quote.duration_s,
        asked_at=at.fact_at,
        until=later(at.now, setup.policy.payment_repeat_for_s),
        masked=visit.masked,
    )
    command, again = display.payment(ask, setup, at)
    return Decision(
        rule="payment-asked",
        events=(*resumed, VisitChanged(visit=waiting), PaymentAsked(ask=ask)),
        commands=(command,),
        timers=(again, *release_timer(state, setup, at)),
    )


def payment_timer(state: SiteState, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    """Repeat the request for payment, or stop: paid, gone, somebody else there, or asked for long enough."""
    ask = state.ask
    if ask is None:
        return Decision(rule="payment-no-longer-asked")
    lane = state.lane(Lane.EXIT)
    why = None
    turned_back: tuple[HandOver, ...] = (ToSession(ask.session_id, TurnedBack(asked_at=ask.asked_at)),)
    if at.now >= ask.until:
        why, turned_back = "asked for long enough", ()
    elif lane.identity is not None and lane.identity.session_id != ask.session_id:
        why = "another vehicle was read"
    elif lane.cycle != ask.cycle:
        why = "the vehicle has gone"
    if why is not None:
        return Decision(
            rule="payment-ask-ended",
            events=(PaymentAskEnded(why=why),),
            handovers=turned_back,
            timers=until_gone(state, Lane.EXIT, setup, at),
        )
    command, again = display.payment(ask, setup, at)
    return Decision(rule="payment-asked-again", commands=(command,), timers=(again,))
