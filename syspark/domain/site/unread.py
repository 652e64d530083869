"""A vehicle of which nothing is read. Source: domain.md, "Nothing read at entry within 8 s of presence"."""

from syspark.domain.access import VISITOR
from syspark.domain.decision import Decision, Moment, Timer, later
from syspark.domain.identity import Witness, WitnessKind, unread_key
from syspark.domain.messages import LaneMode
from syspark.domain.review import Review
from syspark.domain.site.admission import enter
from syspark.domain.site.events import NothingRead, SiteEvent
from syspark.domain.site.gate import entry_refusal
from syspark.domain.site.lane import vehicle_waits
from syspark.domain.site.lane_evolution import BEFORE_SEEN_S
from syspark.domain.site.reading import Case, reading_of
from syspark.domain.site.state import Answer, Known, SiteSetup, SiteState
from syspark.domain.units import Lane

UNREAD_TIMER = "unread"
NOTHING_READ = "nothing-read"


def unread_timer(state: SiteState, name: Lane, setup: SiteSetup, at: Moment, *, present: bool) -> tuple[Timer, ...]:
    """When to look whether anything was read of a vehicle that has arrived unread; no more once it has left."""
    identity = state.lane(name).identity
    if present and identity is not None and (at.fact_at - identity.at).total_seconds() <= BEFORE_SEEN_S:
        return ()
    due = later(at.fact_at, setup.policy.unread_after_s) if present else None
    return (Timer(key=f"{UNREAD_TIMER}:{name}", at=due),)


def nothing_read(state: SiteState, name: Lane, known: Known, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    """Have a person look at who stands there unread; or let them in with plate unknown, where the site wants that."""
    lane, policy = state.lane(name), setup.policy
    opened = lane.opening is not None and lane.opening.answer is not Answer.BAD
    if lane.present_at is None or lane.identity is not None or opened or not vehicle_waits(state, name, setup):
        return Decision(rule="something-read")
    stands_s = (at.now - lane.present_at).total_seconds()
    if stands_s < policy.unread_after_s:
        return Decision(rule="unread-not-yet")
    case = Case(state, known, setup, at)
    why = entry_refusal(case, VISITOR) if name is Lane.ENTRY else None
    admitted = name is Lane.ENTRY and policy.unread_admitted and lane.mode is LaneMode.CONTROLLED and why is None
    if not admitted or stands_s > policy.unread_after_s + policy.late_after_s:
        return Decision(rule=NOTHING_READ, events=(NothingRead(lane=name, why=why or NOTHING_READ, at=at.now),))
    witness = Witness(
        key=unread_key(at.session_id), kind=WitnessKind.SENSOR, lane=name, at=at.fact_at, cause=str(at.cause)
    )
    reading = reading_of(witness, None, known, right=VISITOR, review=(Review.ENTRY_UNREAD,))
    return enter(case, reading, None, "entry-unread")
