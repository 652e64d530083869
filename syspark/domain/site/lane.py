"""Which lane a holder was read at, where the reader does not say, and where a vehicle with a visit stands.

Source: contract.md, "Rule for a badge without lane".
"""

from datetime import datetime

from syspark.domain.decision import Moment, Timer, later
from syspark.domain.identity import WitnessKind
from syspark.domain.site.state import Answer, Identity, LaneState, SiteSetup, SiteState, Visit
from syspark.domain.units import Lane

GONE_TIMER = "gone"
SEEN_WITHIN_S = 5
"""Of a vehicle whose badge is read at the entry its sensor tells by then."""


def lane_of_read(
    said: Lane | None, state: SiteState, visit: Visit | None, setup: SiteSetup, at: Moment
) -> tuple[Lane, str]:
    """The lane and the rule that tells it."""
    if said is not None:
        return said, "lane-said"
    if visit is not None and state.ask is not None and state.ask.session_id == visit.session_id:
        return Lane.EXIT, "lane-asked-to-pay"
    waiting = [lane for lane in Lane if vehicle_waits(state, lane, setup) or plate_waits(state, lane, setup, at)]
    if len(waiting) == 1:
        return waiting[0], "lane-vehicle-waits"
    if visit is None:
        return Lane.ENTRY, "lane-no-session"
    if not visit.inside:
        # Whoever was let out well may be back at the entry; whose opening went wrong stands at the exit still.
        again = visit.answer is not Answer.GOOD and let_out_lately(visit, setup, at)
        return (Lane.EXIT, "lane-same-exit") if again else (Lane.ENTRY, "lane-no-session")
    if still_outside(visit, state, setup, at):
        return Lane.ENTRY, "lane-still-outside"
    if just_entered(visit, setup, at):
        return Lane.ENTRY, "lane-just-entered"
    return Lane.EXIT, "lane-open-session"


def vehicle_waits(state: SiteState, lane: Lane, setup: SiteSetup) -> bool:
    """Whether a sensor that is believed sees a vehicle at a lane."""
    return state.watched(lane, setup.sensors) and state.lane(lane).present


def shown_at_entry(state: SiteState, setup: SiteSetup) -> Identity | None:
    """What the vehicle that the entry's sensor sees has shown last; None: nothing yet, or no sensor sees one."""
    entry = state.lane(Lane.ENTRY)
    if not vehicle_waits(state, Lane.ENTRY, setup) or entry.identity is None or entry.present_at is None:
        return None
    before_s = (entry.present_at - entry.identity.at).total_seconds()
    return entry.identity if before_s <= SEEN_WITHIN_S else None


def known_to_wait(state: SiteState, lane: Lane, setup: SiteSetup, at: Moment) -> bool:
    """Whether who was read last at a lane stands there still, as far as a sensor or the last news of them tell."""
    if vehicle_waits(state, lane, setup) or (lane is Lane.EXIT and state.ask is not None):
        return True
    news = latest_news(state.lane(lane))
    return news is not None and (at.now - news).total_seconds() < setup.policy.read_fresh_s


def plate_waits(state: SiteState, name: Lane, setup: SiteSetup, at: Moment) -> bool:
    """Whether a plate was read at a lane lately and was not let through."""
    lane = state.lane(name)
    if lane.identity is None or lane.identity.kind is not WitnessKind.PLATE:
        return False
    if state.watched(name, setup.sensors) and lane.opening is not None and lane.opening.answer is not Answer.BAD:
        return False
    return abs((at.fact_at - lane.identity.at).total_seconds()) <= setup.policy.plate_waits_s


def still_outside(visit: Visit, state: SiteState, setup: SiteSetup, at: Moment) -> bool:
    """Whether the driver is taken to stand at the entry still: nothing shows that the barrier let them in.

    Counted from the last attempt, not from the fact: after an outage both lie far apart. Facts that come in late,
    one after the other, are besides compared by their own times.
    """
    if not visit.inside or visit.confirmed or visit.opened_at is None:
        return False
    if came_in_alone(visit, state, setup):
        return False
    within_s = setup.policy.entry_unconfirmed_s
    tried_lately = (at.now - visit.tried_at).total_seconds() < within_s
    late = at.age_s > setup.policy.late_after_s
    return tried_lately and not (late and (at.fact_at - visit.read_at).total_seconds() >= within_s)


def not_passed(state: SiteState, visit: Visit, setup: SiteSetup, at: Moment) -> bool:
    """Whether a vehicle with an open session stands at the entry still."""
    return still_outside(visit, state, setup, at) or stands_at_entry(state, visit, setup, at)


def came_in_alone(visit: Visit, state: SiteState, setup: SiteSetup) -> bool:
    """Whether the site had let a vehicle in by itself when we were told: by a PIN, or by a badge on its own list."""
    return (
        opened_by_itself(visit, state) and (visit.tried_at - visit.read_at).total_seconds() > setup.policy.late_after_s
    )


def opened_by_itself(visit: Visit, state: SiteState) -> bool:
    """Whether a site's controllers open the entry for a vehicle, whatever we say."""
    return visit.by_pin or (state.controllers and visit.plan.parks_free)


def just_entered(visit: Visit, setup: SiteSetup, at: Moment) -> bool:
    """Whether the entry is too young for the vehicle to be at the exit already.

    An entry that was opened long after it was asked for, or once more, counts from that opening; old facts are
    compared by their own times. Where nothing was opened, the site has let it in when it was read.
    """
    if visit.opened_at is None or visit.lane is not Lane.ENTRY:
        return False
    late_after_s = setup.policy.late_after_s
    prompt = (visit.tried_at - visit.opened_at).total_seconds() <= late_after_s
    alone = visit.confirmed and visit.answer is Answer.BAD
    entered_at = visit.opened_at if prompt or alone or at.age_s > late_after_s else visit.tried_at
    return (at.fact_at - entered_at).total_seconds() <= setup.policy.exit_after_s


def stands_at_entry(state: SiteState, visit: Visit, setup: SiteSetup, at: Moment) -> bool:
    """Whether the sensor shows that a vehicle with an open session has not passed the entry.

    It stands there since its lane was opened, or it has come back too soon to have been inside.
    """
    if visit.lane is not Lane.ENTRY or not vehicle_waits(state, Lane.ENTRY, setup):
        return False
    opening = state.lane(Lane.ENTRY).opening
    never_left = opening is not None and opening.session_id == visit.session_id
    lately = (at.now - visit.tried_at).total_seconds() < setup.policy.entry_unconfirmed_s
    return just_entered(visit, setup, at) or (never_left and lately)


def let_out_lately(visit: Visit, setup: SiteSetup, at: Moment) -> bool:
    """Whether a vehicle was let out so lately that its exit may be repeated."""
    return visit.left_at is not None and (at.now - visit.left_at).total_seconds() < setup.policy.same_exit_s


def until_gone(state: SiteState, lane: Lane, setup: SiteSetup, at: Moment) -> tuple[Timer, ...]:
    """When a driver whom no sensor sees is taken to have gone, unless there is news of them."""
    if state.watched(lane, setup.sensors):
        return ()
    return (Timer(key=f"{GONE_TIMER}:{lane}", at=later(at.now, setup.policy.read_fresh_s)),)


def latest_news(lane: LaneState) -> datetime | None:
    """When something was last known of who waits at a lane."""
    read_at = lane.identity.at if lane.identity is not None else None
    known = (read_at, lane.waiting_since, lane.closed_at, lane.photo_at)
    return max((at for at in known if at is not None), default=None)
