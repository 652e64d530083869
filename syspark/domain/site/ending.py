"""How a visit ends without its session's word: its vehicle is counted out, and nothing more is asked of it."""

from msgspec.structs import replace

from syspark.domain.decision import HandOver, Moment, Timer, ToSession
from syspark.domain.messages import ExitMissed, LeftUnpaid, SessionOverridden
from syspark.domain.site.display import PAYMENT_TIMER
from syspark.domain.site.events import PaymentAskEnded, SiteEvent, VisitEnded
from syspark.domain.site.state import Answer, SiteState, Visit
from syspark.domain.units import SessionId


def asked_no_more(
    state: SiteState, session_id: SessionId, why: str
) -> tuple[tuple[PaymentAskEnded, ...], tuple[Timer, ...]]:
    """The exit asks a session's vehicle for its payment no more; nothing where it asks another's, or nobody's."""
    if state.ask is None or state.ask.session_id != session_id:
        return (), ()
    return (PaymentAskEnded(why=why),), (Timer(key=PAYMENT_TIMER, at=None),)


def counted_out(
    state: SiteState, visit: Visit, at: Moment, why: str
) -> tuple[tuple[SiteEvent, ...], tuple[Timer, ...]]:
    """A vehicle is inside no more, whatever its session says; `why` nothing is asked of it."""
    over, silent = asked_no_more(state, visit.session_id, why)
    return (VisitEnded(visit=replace(visit, left_at=at.now, counted_out=True)), *over), silent


def exit_missed(
    state: SiteState, visit: Visit, at: Moment
) -> tuple[tuple[SiteEvent, ...], tuple[HandOver, ...], tuple[Timer, ...]]:
    """A vehicle left unseen: its session is told when it was last seen."""
    ended, silent = counted_out(state, replace(visit, answer=Answer.GOOD), at, "entered again")
    return ended, (ToSession(visit.session_id, ExitMissed(last_seen_at=visit.read_at)),), silent


def let_out(
    state: SiteState, visit: Visit, told: SessionOverridden | LeftUnpaid, at: Moment
) -> tuple[tuple[SiteEvent, ...], tuple[HandOver, ...], tuple[Timer, ...]]:
    """A vehicle leaves by an opening by hand, or by a timed release, as its session is told."""
    why = "let out unpaid" if isinstance(told, LeftUnpaid) else "let out by an operator"
    ended, silent = counted_out(state, replace(visit, confirmed=True), at, why)
    return ended, (ToSession(visit.session_id, told),), silent
