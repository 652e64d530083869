"""Why a lane opens: what each opening is explained by, and those that nothing explains.

An opening we ask for carries its reason. One that a barrier tells of by itself is explained by what was asked just
before, by an emergency, or by the site: it opens for its own badges and PINs, and for everybody while it is cut off.
Source: domain.md, "Openings ledger".
"""

from collections.abc import Mapping

from syspark.domain import alarms
from syspark.domain.access import Plan
from syspark.domain.alarm_kind import AlarmKind
from syspark.domain.decision import HandOver, Moment
from syspark.domain.facts import BarrierReported
from syspark.domain.identity import WitnessKind
from syspark.domain.messages import SESSION_OVER, LaneMode
from syspark.domain.orders import Because
from syspark.domain.site.events import OpeningSeen
from syspark.domain.site.quarantine import HELD_OPEN
from syspark.domain.site.reading import Reading
from syspark.domain.site.state import LaneState, SiteSetup, SiteState

OPENING = frozenset({"open", "opening"})

OF_EXIT: Mapping[str, Because] = {
    "payment": Because.PAYMENT,
    "right": Because.RIGHT,
    "free": Because.FREE,
    "entry-unknown": Because.FREE,
    "waived": Because.OVERRIDE,
    "pay-later": Because.OVERRIDE,
    SESSION_OVER: Because.FREE,
    "pin": Because.SITE_ALONE,
    "evacuation": Because.EMERGENCY,
    HELD_OPEN: Because.HELD_OPEN,
}
"""What a session lets its vehicle out for; nothing is asked of one whose entry nobody knows."""


def of_entry(reading: Reading) -> Because:
    """What lets a vehicle in: its right, a PIN that its controller has accepted already, or a free place."""
    if reading.witness.kind is WitnessKind.PIN:
        return Because.SITE_ALONE
    return Because.RIGHT if reading.right is not None and reading.right.plan is not Plan.VISITOR else Because.FREE


def seen(
    state: SiteState, fact: BarrierReported, setup: SiteSetup, at: Moment
) -> tuple[tuple[OpeningSeen, ...], tuple[HandOver, ...]]:
    """What a barrier's own word that it opens adds to the ledger: nothing when it was asked to."""
    lane = state.lane(fact.lane)
    if fact.state not in OPENING or lane.barrier in OPENING or _asked(lane, setup, at):
        return (), ()
    because = Because.EMERGENCY if state.emergency is not None else _by_itself(lane, setup, at)
    found = OpeningSeen(lane=fact.lane, at=at.fact_at, because=because)
    return (found,), (() if because is not None else (alarms.raised(AlarmKind.UNEXPLAINED_OPENING, fact.lane),))


def _asked(lane: LaneState, setup: SiteSetup, at: Moment) -> bool:
    if lane.told_open_at is None:
        return False
    return abs((at.fact_at - lane.told_open_at).total_seconds()) <= setup.policy.opening_explained_s


def _by_itself(lane: LaneState, setup: SiteSetup, at: Moment) -> Because | None:
    """Whether the site may have opened by itself: for a holder it knows too, or while the cloud did not hear of it."""
    if lane.mode is not LaneMode.CONTROLLED:
        return Because.HELD_OPEN
    if at.age_s > setup.policy.late_after_s:
        return Because.SITE_ALONE
    near_s = setup.policy.opening_explained_s
    let_pass = (one for arrival in lane.arrivals if arrival.session_id is not None for one in arrival.witnesses)
    if any(abs((at.fact_at - one.at).total_seconds()) <= near_s for one in let_pass):
        return Because.SITE_ALONE
    return None
