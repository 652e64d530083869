"""A driver at the exit whose entry nobody saw says when they came, and pays that. Source: domain.md, "Exit without
entry"; docs/portal.md.

No time is invented: what the driver says is kept as theirs, beside what is known. The stay counts from then, but not
from before the vehicle is known to have been elsewhere; it costs what the tariff of that day says, caps and all.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec.structs import replace

from syspark.domain.access import VISITOR, Grant
from syspark.domain.decision import Decision, Moment, ToSession
from syspark.domain.identity import WitnessKind
from syspark.domain.messages import DeclareArrival
from syspark.domain.plates import NEAR_EDITS
from syspark.domain.policy import SitePolicy
from syspark.domain.review import Review
from syspark.domain.session.state import Declared, Session, Status
from syspark.domain.site.admission import begun_without_entry, exit_request
from syspark.domain.site.events import SiteEvent, VisitBegun
from syspark.domain.site.free_minutes import pinned
from syspark.domain.site.gate import grant_of
from syspark.domain.site.lane import known_to_wait
from syspark.domain.site.matching import latest_plate, waiting
from syspark.domain.site.reading import Case
from syspark.domain.site.state import Arrival, Declaring, Known, SiteSetup, SiteState
from syspark.domain.units import Lane


def declare_arrival(
    state: SiteState, told: DeclareArrival, known: Known, setup: SiteSetup, at: Moment
) -> Decision[SiteEvent]:
    """Begin the session of the vehicle at the exit by what its driver says, and ask it whether the vehicle may go."""
    arrival = waiting(state, Lane.EXIT)
    refused = _refused(state, told, arrival, known, setup, at)
    if refused is not None or arrival is None:
        rule, why = refused or ("arrival-nobody-there", "")
        return Decision(rule=rule, refused=why)
    case, reading = Case(state, known, setup, at), latest_plate(arrival, known)
    absent_at = known.declaring.absent_at if known.declaring is not None else None
    declared = Declared(
        arrived_at=told.arrived_at,
        since=max(told.arrived_at, absent_at or told.arrived_at),
        author=told.author,
        confirmed=told.confirmed,
    )
    found = grant_of(case, Lane.EXIT, known.right) if known.right is not None else VISITOR
    begun = _begun(begun_without_entry(case, reading, found if isinstance(found, Grant) else VISITOR), declared, case)
    first = min(one.at for one in arrival.witnesses)
    request = replace(exit_request(case, declared.since, by_pin=False), stands_since=first)
    return Decision(
        rule="arrival-declared",
        events=(*reading.events(begun.session.id, case), begun),
        handovers=(ToSession(begun.session.id, request),),
    )


def declaring(sessions: Iterable[Session], typed_apart: int | None, policy: SitePolicy, now: datetime) -> Declaring:
    """What a plate's own sessions tell of it: how often its arrival was declared lately, and when it last left."""
    happened = [one for one in sessions if one.status is not Status.VOID]
    since = now - timedelta(days=policy.declared_within_days)
    return Declaring(
        typed_apart=typed_apart,
        times=sum(one.declared is not None and one.decided_at > since for one in happened),
        absent_at=max((one.left_at for one in happened if one.left_at is not None), default=None),
    )


def _begun(begun: VisitBegun, declared: Declared, case: Case) -> VisitBegun:
    """The same visit, as of the time that was declared: under the tariff that counted then."""
    setup, since = case.setup, declared.since
    too_long = (case.at.fact_at - since).total_seconds() > setup.policy.longest_stay_s
    doubtful = too_long or since > declared.arrived_at or bool(case.state.lane(Lane.EXIT).suggestions)
    tariff, version = setup.tariff_at(since)
    session = replace(
        begun.session,
        declared=declared,
        tariff=pinned(tariff, case.known.free_since, since, setup.policy),
        tariff_version=version,
        review=(*begun.session.review, *((Review.ARRIVAL_DOUBTFUL,) if doubtful else ())),
    )
    return VisitBegun(session=session, visit=replace(begun.visit, opened_at=since))


def _refused(
    state: SiteState, told: DeclareArrival, arrival: Arrival | None, known: Known, setup: SiteSetup, at: Moment
) -> tuple[str, str] | None:
    """The rule and the words that refuse a declaration, None when it is taken."""
    policy, declaring = setup.policy, known.declaring
    if at.age_s > policy.late_after_s:
        return "arrival-late", f"the request was {at.age_s:.0f} s old: look again, then press"
    if arrival is None or not known_to_wait(state, Lane.EXIT, setup, at):
        return "arrival-nobody-there", "no vehicle that was read waits at the exit"
    if declaring is None or declaring.typed_apart is None or declaring.typed_apart > NEAR_EDITS:
        return "arrival-of-another", "another plate was read at the exit"
    if arrival.session_id is not None or (known.visit is not None and known.visit.inside):
        return "arrival-known", "the vehicle has a session already"
    first = min(one.at for one in arrival.witnesses if one.kind is WitnessKind.PLATE)
    if told.arrived_at > first:
        return "arrival-not-yet", "the vehicle stood at the exit before that"
    stay_s = (at.fact_at - told.arrived_at).total_seconds()
    if declaring.times >= policy.declared_at_most or stay_s > policy.declared_within_days * 86_400:
        return "arrival-for-a-person", "an operator has to look at this arrival"
    if stay_s > policy.longest_stay_s and not told.confirmed:
        return "arrival-to-confirm", "the stay would be beyond the site's longest: its driver has to confirm the day"
    return None
