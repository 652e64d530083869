"""A person says whose vehicle stands at the exit. Source: domain.md, "Identity and fusion"."""

from syspark.domain.access import VISITOR
from syspark.domain.decision import Decision, Moment
from syspark.domain.identity import WitnessKind
from syspark.domain.messages import MatchVehicle
from syspark.domain.site.admission import ask_to_leave
from syspark.domain.site.events import SiteEvent
from syspark.domain.site.lane import known_to_wait
from syspark.domain.site.reading import Case, Reading, reading_of
from syspark.domain.site.state import Arrival, Known, SiteSetup, SiteState
from syspark.domain.units import HolderKey, Lane

DRIVER = "driver"
"""The author of what a driver asks for, on the portal: the plate they type has to be like the one that was read."""


def match_vehicle(
    state: SiteState, asked: MatchVehicle, known: Known, setup: SiteSetup, at: Moment
) -> Decision[SiteEvent]:
    """What was read at the exit becomes another witness of the session named, which is asked whether it may go."""
    visit, arrival = known.visit, waiting(state, asked.lane)
    if arrival is not None and arrival.session_id == asked.session_id:
        return Decision(rule="vehicle-matched-before")
    why = None
    if at.age_s > setup.policy.late_after_s:
        why = f"the request was {at.age_s:.0f} s old: look again, then press"
    elif asked.lane is not Lane.EXIT:
        why = "a vehicle is matched at the exit"
    elif visit is None or not visit.inside:
        why = "that session is not open"
    elif arrival is None or not known_to_wait(state, asked.lane, setup, at):
        why = "nobody who was read waits there any more"
    elif arrival.session_id is not None:
        why = "the vehicle there has a session already"
    elif asked.author == DRIVER and all(
        one.session_id != asked.session_id for one in state.lane(Lane.EXIT).suggestions
    ):
        why = "the plate is not much like the one that was read there"
    if why is not None or visit is None or arrival is None:
        return Decision(rule="vehicle-not-matched", refused=why)
    reading = latest_plate(arrival, known)
    return ask_to_leave(Case(state, known, setup, at), reading, visit, "vehicle-matched")


def latest_plate(arrival: Arrival, known: Known) -> Reading:
    """The latest plate of an arrival as if it were read now, with the others it takes along."""
    plates = [one for one in arrival.witnesses if one.kind is WitnessKind.PLATE]
    latest = max(plates or arrival.witnesses, key=lambda witness: witness.at)
    return reading_of(latest, arrival, known, right=VISITOR)


def waiting(state: SiteState, name: Lane) -> Arrival | None:
    """The arrival of who was read last at a lane and has not left it."""
    lane = state.lane(name)
    if lane.identity is None:
        return None
    there = (one for one in reversed(lane.arrivals) if one.ended_at is None and one.has(lane.identity.key))
    return next(there, None)


def plate_waiting(state: SiteState, name: Lane) -> HolderKey | None:
    """The latest plate of who was read last at a lane and has not left it."""
    arrival = waiting(state, name)
    plates = [one for one in arrival.witnesses if one.kind is WitnessKind.PLATE] if arrival is not None else []
    return max(plates, key=lambda witness: witness.at).key if plates else None
