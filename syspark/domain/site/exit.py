"""What a session's answer at the exit means for the lane. Source: domain.md, "Exit and payment"."""

from msgspec.structs import replace

from syspark.domain.decision import Decision, Moment, Timer, later
from syspark.domain.messages import ExitGranted, PaymentDue
from syspark.domain.site import display
from syspark.domain.site.badge import open_lane
from syspark.domain.site.events import PaymentAsked, PaymentAskEnded, SiteEvent, VisitChanged, VisitEnded, VisitResumed
from syspark.domain.site.state import Answer, Known, PaymentAsk, SiteSetup, SiteState
from syspark.domain.units import Lane


def exit_granted(
    state: SiteState, granted: ExitGranted, known: Known, setup: SiteSetup, at: Moment
) -> Decision[SiteEvent]:
    """Open for a vehicle whose session lets it out, once a presence cycle, if it is still the one that waits."""
    visit = known.visit
    if visit is None or visit.session_id != granted.session_id:
        return Decision(rule="exit-of-forgotten-visit", refused="the site no longer knows this visit")
    lane = state.lane(granted.lane)
    resumed: tuple[SiteEvent, ...] = () if visit.inside else (VisitResumed(visit=replace(visit, left_at=None)),)
    ended: tuple[SiteEvent, ...] = ()
    timers: tuple[Timer, ...] = ()
    if state.ask is not None and state.ask.session_id == granted.session_id:
        ended = (PaymentAskEnded(why="let out"),)
        timers = (Timer(key=display.PAYMENT_TIMER, at=None),)
    places = display.free_places(setup, state.occupancy - (1 if visit.inside else 0), at, 1)
    if granted.lane in setup.sensors and lane.cycle != granted.cycle:
        gone = replace(visit, left_at=at.now, answer=Answer.BAD, command_id=None)
        return Decision(
            rule="exit-vehicle-gone",
            events=(*resumed, VisitEnded(visit=gone), *ended),
            commands=(places,),
            timers=timers,
        )
    if granted.lane in setup.sensors and lane.opened_for == granted.uid:
        return Decision(rule="exit-already-open", events=(*resumed, VisitEnded(visit=replace(visit, left_at=at.now))))
    opening, opened = open_lane(granted.uid, granted.lane, at, setup, session_id=granted.session_id)
    left = replace(
        visit,
        left_at=at.now,
        command_id=opening.id,
        answer=Answer.BAD if opening.withheld else Answer.PENDING,
    )
    return Decision(
        rule=f"exit-{granted.why}",
        events=(*resumed, VisitEnded(visit=left), opened, *ended),
        commands=(opening, places),
        timers=timers,
    )


def payment_due(state: SiteState, due: PaymentDue, known: Known, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    """Ask for the payment at the exit, and go on asking while the vehicle may be waiting."""
    visit = known.visit
    if visit is None or visit.session_id != due.session_id:
        return Decision(rule="payment-of-forgotten-visit", refused="the site no longer knows this visit")
    resumed: tuple[SiteEvent, ...] = () if visit.inside else (VisitResumed(visit=replace(visit, left_at=None)),)
    if at.age_s > setup.policy.late_after_s:
        unanswered = replace(visit, left_at=None, answer=Answer.BAD)
        return Decision(rule="payment-asked-too-late", events=(*resumed, VisitChanged(visit=unanswered)))
    ask = PaymentAsk(
        session_id=due.session_id,
        uid=due.uid,
        cycle=due.cycle,
        cents=due.quote.total_cents,
        currency=due.quote.currency,
        duration_s=due.quote.duration_s,
        until=later(at.now, setup.policy.payment_repeat_for_s),
    )
    command, again = display.payment(ask, setup, at)
    answered = replace(visit, left_at=None, answer=Answer.GOOD)
    return Decision(
        rule="payment-asked",
        events=(*resumed, VisitChanged(visit=answered), PaymentAsked(ask=ask)),
        commands=(command,),
        timers=(again,),
    )


def payment_timer(state: SiteState, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    """Repeat the request for payment, or stop: paid, gone, somebody else there, or asked for long enough."""
    ask = state.ask
    if ask is None:
        return Decision(rule="payment-no-longer-asked")
    lane = state.lane(Lane.EXIT)
    why = None
    if at.now >= ask.until:
        why = "asked for long enough"
    elif lane.identity is not None and lane.identity.uid != ask.uid:
        why = "another vehicle was read"
    elif Lane.EXIT in setup.sensors and lane.cycle != ask.cycle:
        why = "the vehicle has gone"
    if why is not None:
        return Decision(rule="payment-ask-ended", events=(PaymentAskEnded(why=why),))
    command, again = display.payment(ask, setup, at)
    return Decision(rule="payment-asked-again", commands=(command,), timers=(again,))
