"""What a site tells of the time it was cut off. Source: domain.md, "Offline sites".

The vehicles have come and gone meanwhile: nothing is opened, shown or asked, only visits are put right, at their true
times. What was a state then (presence, faults, lists) is noted: it says nothing of now.
"""

import dataclasses
from datetime import datetime, timedelta

import msgspec

from syspark.domain import alarms
from syspark.domain.access import VISITOR, Grant, Plan
from syspark.domain.alarm_details import TOLD_OF
from syspark.domain.alarm_kind import AlarmKind
from syspark.domain.corrections import Ground, MergedInto
from syspark.domain.decision import Decision, HandOver, ToSession
from syspark.domain.facts import BadgeRead, PinAccepted, PlateRead, SyncRequested
from syspark.domain.identity import Witness, WitnessKind, masked, pin_key
from syspark.domain.messages import (
    EntryTold,
    ExitMissed,
    LeavingTold,
    ReplayConflict,
    Reported,
    RightShown,
    VisitDoubted,
)
from syspark.domain.review import Review
from syspark.domain.session import Session
from syspark.domain.site import past
from syspark.domain.site.alone import opens_alone
from syspark.domain.site.beginning import session_begun
from syspark.domain.site.cameras import side_of
from syspark.domain.site.departure import Departure, came_together, of_one_vehicle
from syspark.domain.site.ending import exit_missed
from syspark.domain.site.events import (
    ControllerHeard,
    DepartureTold,
    IdentityRead,
    SiteEvent,
    SubjectMet,
    VisitBegun,
    VisitChanged,
    VisitEnded,
    VisitFound,
    WitnessKept,
    WitnessWithdrawn,
)
from syspark.domain.site.gate import grant_of
from syspark.domain.site.lane import opened_by_itself, vehicle_waits
from syspark.domain.site.likeness import certain
from syspark.domain.site.quarantine import stands_open
from syspark.domain.site.reading import Case
from syspark.domain.site.standing import has_gone
from syspark.domain.site.state import Answer, Past, Visit
from syspark.domain.units import HolderKey, Lane, SessionId, Side

OLDEST = timedelta(days=35)
BY_REPLAY = "replay"
AHEAD = timedelta(seconds=60)
"""A time of the future so near is a clock that was measured a little wrong."""


def of_the_past(reported: Reported, case: Case) -> Decision[SiteEvent]:
    """Put right what a replayed report tells of."""
    at = case.at
    if not at.now - OLDEST <= at.fact_at <= at.now + AHEAD:
        told = TOLD_OF.written(at=f"{at.fact_at:%Y-%m-%d %H:%M}")
        wrong = alarms.raised(AlarmKind.CLOCK_OFF, about=reported.device, detail=told)
        return Decision(rule="replayed-time-cannot-be", handovers=(wrong,))
    match reported.fact:
        case BadgeRead(uid=uid, lane=lane):
            return _read(case, reported, HolderKey(uid), WitnessKind.BADGE, lane)
        case PlateRead(valid=True, plate=plate, lane=lane):
            subject = case.known.subject or at.subject_id
            met = () if case.known.subject is not None else (SubjectMet(subject=subject, plate=plate),)
            said = lane or case.setup.lane_of(reported.device)
            return _read(case, reported, HolderKey(subject), WitnessKind.PLATE, said, met)
        case PinAccepted(lane=Lane.ENTRY as lane):
            return _read(case, reported, pin_key(at.session_id), WitnessKind.PIN, lane)
        case PinAccepted(lane=lane):
            oldest = case.known.oldest_pin
            theirs = oldest is not None and oldest.opened_at is not None and oldest.opened_at <= at.fact_at
            stood = Witness(
                key=pin_key(at.session_id), kind=WitnessKind.PIN, lane=lane, at=at.fact_at, cause=str(at.cause)
            )
            seen = of_one_vehicle(case.state.departures, stood, case.setup.policy, let_out=True) is not None
            key = oldest.key if oldest is not None and theirs and not seen else stood.key
            return _read(case, reported, key, WitnessKind.PIN, lane)
        case SyncRequested(boot=False) if not case.state.controllers:
            return Decision(rule="replayed-controller-heard", events=(ControllerHeard(),))
        case _:
            return Decision(rule="replayed-noted")


def _read(
    case: Case,
    reported: Reported,
    key: HolderKey,
    kind: WitnessKind,
    said: Lane | None,
    met: tuple[SiteEvent, ...] = (),
) -> Decision[SiteEvent]:
    at, theirs = case.at, tuple(past.in_order(one for one in case.known.past if one.is_of(key)))
    lane = said or _lane(theirs, at.fact_at, case)
    witness = Witness(key=key, kind=kind, lane=lane, at=at.fact_at, cause=str(at.cause))
    if isinstance(plate := reported.fact, PlateRead):
        rear = side_of(plate, lane, case.setup.policy) is Side.REAR
        witness = msgspec.structs.replace(witness, masked=masked(plate.plate), confidence=plate.confidence, rear=rear)
    if past.read_within(theirs, witness, case.setup.policy.repeat_s(kind)):
        return Decision(rule="replayed-repeated")
    reading = _Reading(case, witness, theirs, met, timedelta(seconds=reported.unsure_s))
    return reading.entry() if lane is Lane.ENTRY else reading.exit()


def _lane(theirs: tuple[Past, ...], at: datetime, case: Case) -> Lane:
    """Where a holder was read whose reader does not say: who is inside by then leaves, who is not enters."""
    visit = past.inside_at(theirs, at - timedelta(seconds=case.setup.policy.exit_after_s))
    if visit is None:
        return Lane.ENTRY
    gone_at = visit.left_at or visit.ended_at
    return Lane.EXIT if gone_at is None or gone_at >= at else Lane.ENTRY


def _tows(part: Departure | None, visit: Past) -> bool:
    """Whether a plate behind a vehicle that left by its own visit came in with another one: it is towed."""
    return part is not None and part.witness.kind is WitnessKind.PLATE and part.session_id != visit.session_id


class _Reading:
    """One replayed reading, its holder's visits, and how sure its time is, in the driver's favour."""

    def __init__(
        self, case: Case, witness: Witness, theirs: tuple[Past, ...], met: tuple[SiteEvent, ...], unsure: timedelta
    ) -> None:
        self.case = case
        self.witness = witness
        self.theirs = theirs
        self.met = met
        self.entered_at = witness.at + unsure
        self.left_at = witness.at - unsure

    @property
    def right(self) -> Grant | None:
        """What the holder's right was worth then; None: they could not come in. Nobody knows who else was inside."""
        right = self.case.known.right
        if self.witness.kind is WitnessKind.PIN:
            return Grant(plan=self.case.setup.policy.pin_plan)
        if right is None:
            return VISITOR if self.witness.kind is WitnessKind.PLATE else None
        case = dataclasses.replace(self.case, at=msgspec.structs.replace(self.case.at, fact_at=self.witness.at))
        found = grant_of(case, self.witness.lane, msgspec.structs.replace(right, pool=None))
        return found if isinstance(found, Grant) else None

    @property
    def let_through(self) -> bool:
        """Whether the site has opened for it by itself."""
        return self.witness.kind is WitnessKind.PIN or opens_alone(self.case.state, self.case.known.right)

    @property
    def kept_out(self) -> bool:
        """Whether nothing is known to have opened for it: who stood there has turned back, or was let in by hand."""
        state = self.case.state
        opened = self.let_through or stands_open(state, Lane.ENTRY, self.witness.at)
        return state.controllers and not opened and not self.stands

    @property
    def stands(self) -> bool:
        """Whether its driver may stand there still: nothing shows that they have gone, and nobody was read since."""
        return not self.let_through and self.is_last_read

    @property
    def is_last_read(self) -> bool:
        """Whether it may be of who the lane knows last: no sensor shows another vehicle, nobody was read since.

        Where none watches, a minute later nobody stands there any more.
        """
        at, lane, case = self.witness.at, self.witness.lane, self.case
        old = case.at.age_s > case.setup.policy.plate_after_badge_s and not case.state.watched(lane, case.setup.sensors)
        if old or has_gone(case.state, lane, case.setup, at):
            return False
        return all(one.at <= at for arrival in case.state.lane(lane).arrivals for one in arrival.witnesses)

    def entry(self) -> Decision[SiteEvent]:
        """A vehicle entered then."""
        at = self.witness.at
        inside = past.inside_at(self.theirs, at)
        if inside is not None and (inside.ended_at if inside.left_at is None else inside.left_at <= at):
            inside = None
        unknown = past.unknown_entry_after(self.theirs, at)
        # Where a visit is held to have lasted beyond this entry, the exit it has is nearer than the unknown one's.
        if unknown is not None and (inside is None or inside.left_at is None):
            return self._entry_of(unknown)
        shown = past.Shown(self.witness.kind, at, let_in=self.let_through, rear=self.witness.rear)
        others = (one for one in self.case.known.past if not one.is_of(self.witness.key))
        near = past.arrival_near(others, shown, self.case.setup.policy)
        if inside is not None and past.at_entry(inside, at):
            kept = self._kept(inside.session_id)
            return Decision(rule="replayed-entry-again", events=(*self.met, *kept))
        if near is not None and inside is None and self.right is not None:
            return self._witness_of(near, self.right)
        if self.right is None:
            return Decision(rule="replayed-refused")
        if inside is not None:
            return self._entry_while_inside(inside, near)
        return self._entered("replayed-entry")

    def _entered(self, rule: str) -> Decision[SiteEvent]:
        if not past.entered_after(self.theirs, self.witness.at):
            return self._begun(rule)
        # Its next visit is known: this one has ended, and nobody saw when.
        missed = ToSession(self.case.at.session_id, ExitMissed(last_seen_at=self.entered_at))
        return self._found("replayed-entry-exit-missed", self.entered_at, missed)

    def exit(self) -> Decision[SiteEvent]:
        """A vehicle left then, or asked to."""
        at = self.witness.at
        visit = past.inside_at(self.theirs, at)
        gone_at = None if visit is None else visit.left_at or visit.ended_at
        gone_s = None if gone_at is None else (at - gone_at).total_seconds()
        if visit is not None and gone_s is not None and 0 <= gone_s < self.case.setup.policy.same_exit_s:
            return self._exit_again(visit)
        if visit is None or (gone_s is not None and gone_s >= 0):
            visit = self._alike()
        if visit is None:
            return self._exit_of_nobody_inside()
        part = self._departure()
        if self.witness.rear and _tows(part, visit):
            return Decision(rule="plate-of-another-visit", events=self.met)
        kept = self._kept(visit.session_id)
        if past.seen_after(self.theirs, visit, at):
            return Decision(rule="replayed-exit-seen-later", events=(*self.met, *kept))
        joined, told = self._with_part(visit.session_id, part) if part is not None and part.lone else ((), ())
        guessed = self.witness.kind is WitnessKind.PIN
        departed = self._departed(visit.session_id, opened_at=visit.opened_at)
        left = ToSession(visit.session_id, LeavingTold(left_at=self.left_at, guessed=guessed))
        return Decision(
            rule="replayed-exit",
            events=(*self.met, *kept, *self._ended(visit), *joined, departed),
            handovers=(*told, left, *self._two_of_one(visit, part)),
        )

    def _two_of_one(self, visit: Past, part: Departure | None) -> tuple[HandOver, ...]:
        """That two visits are in doubt which may be of one vehicle, whose badge was read too long after its plate."""
        if part is None or part.session_id == visit.session_id:
            return ()
        if not came_together(part, visit.opened_at, self.case.setup.policy):
            return ()
        doubted = VisitDoubted(why=Review.REPLAY_CONFLICT)
        return ToSession(part.session_id, doubted), ToSession(visit.session_id, doubted)

    def _alike(self) -> Past | None:
        """Whose entry was misread: a vehicle that is inside as far as known, as it would be taken for one now."""
        theirs = certain(self.case.known, self.witness.confidence, self.case.setup.policy)
        if theirs is None or theirs.opened_at is None or theirs.opened_at > self.witness.at:
            return None
        if past.departed(self.theirs, self.witness.at) is not None:
            return None
        return Past(session_id=theirs.session_id, opened_at=theirs.opened_at)

    def _exit_of_nobody_inside(self) -> Decision[SiteEvent]:
        """Its vehicle still stands there, or another witness told of it; else nobody saw it enter."""
        standing, other, right = past.departed(self.theirs, self.witness.at), self._departure(), self.right
        if standing is not None:
            return self._exit_again(standing)
        if right is None:
            return Decision(rule="replayed-refused")
        if other is not None:
            kept = self._kept(other.session_id)
            handovers: tuple[HandOver, ...] = ()
            ended: tuple[SiteEvent, ...] = ()
            if right.plan.better_than(other.plan):
                ended = self._counted_out(other.session_id)
                # What it owed is reckoned again, by the better right.
                left_at = max(self.left_at, other.witness.at)
                handovers = (
                    ToSession(other.session_id, RightShown(plan=right.plan, until=right.until)),
                    ToSession(other.session_id, LeavingTold(left_at=left_at)),
                )
            events = (*self.met, *kept, *ended, self._departed(other.session_id, lone=other.lone))
            return Decision(rule="replayed-exit-joined", events=events, handovers=handovers)
        left = ToSession(self.case.at.session_id, LeavingTold(left_at=self.left_at))
        found = self._found("replayed-exit-entry-unknown", None, left, (Review.ENTRY_UNKNOWN,))
        departed = self._departed(self.case.at.session_id, lone=True)
        return Decision(rule=found.rule, events=(*found.events, departed), handovers=found.handovers)

    def _departure(self) -> Departure | None:
        """Who was read at the exit about then, by what was told or before the line was cut."""
        seen = (
            Departure(session_id=visit.session_id, witness=one, plan=visit.plan, opened_at=visit.opened_at)
            for arrival in self.case.state.lane(Lane.EXIT).arrivals
            if arrival.session_id is not None and (visit := self.case.known.arrived.get(arrival.session_id)) is not None
            for one in arrival.witnesses
        )
        told = (*seen, *self.case.state.departures)
        return of_one_vehicle(told, self.witness, self.case.setup.policy, let_out=self.let_through)

    def _departed(self, session_id: SessionId, *, lone: bool = False, opened_at: datetime | None = None) -> SiteEvent:
        right = self.right or VISITOR
        told = Departure(
            session_id=session_id,
            witness=self.witness,
            plan=right.plan,
            free_until=right.until,
            lone=lone,
            waited=not self.let_through,
            opened_at=opened_at,
        )
        return DepartureTold(departure=told)

    def _with_part(self, into: SessionId, part: Departure) -> tuple[tuple[SiteEvent, ...], tuple[HandOver, ...]]:
        """What was told before of the same vehicle, whose own entry nobody knew, is a part of this visit."""
        merged = MergedInto(into=into, reason=Ground.RECORDS, author=BY_REPLAY)
        return (
            (
                WitnessWithdrawn(session_id=part.session_id, key=part.witness.key),
                WitnessKept(session_id=into, witness=part.witness),
            ),
            (
                ToSession(part.session_id, merged),
                ToSession(into, RightShown(plan=part.plan, until=part.free_until)),
            ),
        )

    def _exit_again(self, visit: Past) -> Decision[SiteEvent]:
        """Another reading of who was read at the exit just before: the last one counts, unless it was paid by then."""
        told = any(one.witness.key == self.witness.key for one in self.case.state.departures)
        departed = () if told else (self._departed(visit.session_id),)
        events: tuple[SiteEvent, ...] = (*self.met, *self._kept(visit.session_id), *departed)
        left = ToSession(visit.session_id, LeavingTold(left_at=self.left_at))
        return Decision(rule="replayed-exit-again", events=events, handovers=() if visit.is_paid else (left,))

    def _entry_of(self, visit: Past) -> Decision[SiteEvent]:
        """The entry of a visit whose exit is known already."""
        events: tuple[SiteEvent, ...] = (*self.met, *self._kept(visit.session_id))
        told = ToSession(visit.session_id, EntryTold(opened_at=self.entered_at))
        return Decision(rule="replayed-entry-of-known-exit", events=events, handovers=(told,))

    def _witness_of(self, visit: Past, right: Grant) -> Decision[SiteEvent]:
        """Another witness of a vehicle that entered at about that time; the earlier time counts."""
        assert visit.opened_at is not None
        handovers: tuple[HandOver, ...] = ()
        if self.entered_at < visit.opened_at or self.let_through:
            told = EntryTold(opened_at=self.entered_at, let_in=self.let_through)
            handovers = (ToSession(visit.session_id, told),)
        if right.plan.better_than(Plan.VISITOR):
            handovers = (*handovers, ToSession(visit.session_id, RightShown(plan=right.plan, until=right.until)))
        kept = self._kept(visit.session_id)
        return Decision(rule="replayed-joined", events=(*self.met, *kept), handovers=handovers)

    def _entry_while_inside(self, visit: Past, near: Past | None) -> Decision[SiteEvent]:
        """It entered again, so that it had left before: at its last exit read before, else nobody saw when."""
        at = self.witness.at
        assert visit.opened_at is not None
        if visit.is_paid or (visit.left_at is None and past.seen_after(self.theirs, visit, at)):
            conflict = ToSession(visit.session_id, ReplayConflict(happened_at=at))
            return Decision(rule="replayed-conflict", events=self.met, handovers=(conflict,))
        before = past.last_exit_between(self.theirs, visit.opened_at, at)
        told = LeavingTold(left_at=before or visit.opened_at, missed=before is None)
        ended: tuple[HandOver, ...] = (ToSession(visit.session_id, told),)
        if visit.left_at is None:
            now = self._entered("replayed-entry-exit-missed")
            if near is not None and self.right is not None:
                now = self._witness_of(near, self.right)
            return Decision(
                rule=now.rule, events=(*self._ended(visit), *now.events), handovers=(*ended, *now.handovers)
            )
        # The exit that ended it was this visit's.
        left = ToSession(self.case.at.session_id, LeavingTold(left_at=visit.left_at))
        found = self._found("replayed-entry-before-known-exit", self.entered_at, left)
        return Decision(rule=found.rule, events=found.events, handovers=(*ended, *found.handovers))

    def _ended(self, visit: Past) -> tuple[SiteEvent, ...]:
        """The visit ends, if the site still counts it as inside."""
        return self._counted_out(visit.session_id) if visit.left_at is None else ()

    def _counted_out(self, session_id: SessionId) -> tuple[SiteEvent, ...]:
        """A vehicle is inside no more, if the site still counts it; who may stand there still can be let out again."""
        near = (one.visit for one in self.case.known.near)
        known = (self.case.known.visit, self.case.known.oldest_pin, *self.case.known.arrived.values(), *near)
        inside = next((one for one in known if one is not None and one.session_id == session_id), None)
        if inside is None or not inside.inside:
            return ()
        ended, _, _ = exit_missed(self.case.state, inside, self.case.at)
        if self.witness.lane is Lane.ENTRY or not self.stands:
            return ended
        return tuple(
            msgspec.structs.replace(one, visit=msgspec.structs.replace(one.visit, answer=Answer.BAD))
            if isinstance(one, VisitEnded)
            else one
            for one in ended
        )

    def _begun(self, rule: str) -> Decision[SiteEvent]:
        session = self._session(self.entered_at, (Review.NOT_LET_IN,) if self.kept_out else ())
        visit = Visit(
            session_id=session.id,
            keys=(self.witness.key,),
            opened_at=session.opened_at,
            read_at=self.witness.at,
            tried_at=self.witness.at,
            lane=Lane.ENTRY,
            answer=Answer.BAD if self.stands else Answer.GOOD,
            confirmed=not self.stands,
            masked=self.witness.masked,
            plan=session.plan,
        )
        return Decision(
            rule=rule, events=(*self.met, VisitBegun(session=session, visit=visit), *self._kept(session.id))
        )

    def _found(
        self, rule: str, entered_at: datetime | None, told: HandOver, review: tuple[Review, ...] = ()
    ) -> Decision[SiteEvent]:
        session = self._session(entered_at, review)
        events = (*self.met, VisitFound(session=session), WitnessKept(session_id=session.id, witness=self.witness))
        return Decision(rule=rule, events=events, handovers=(told,))

    def _kept(self, session_id: SessionId) -> tuple[SiteEvent, ...]:
        """It speaks for a session; the lane knows it of a driver who may stand there still, for what is read next."""
        kept = WitnessKept(session_id=session_id, witness=self.witness)
        if not self.is_last_read:
            return (kept,)
        case, lane = self.case, self.witness.lane
        theirs = (one.id for one in reversed(case.state.lane(lane).arrivals) if one.session_id == session_id)
        read = IdentityRead(
            lane=lane,
            witness=self.witness,
            arrival=next(theirs, str(case.at.cause)),
            session_id=session_id,
            waits=vehicle_waits(case.state, lane, case.setup),
            passed=self.let_through,
        )
        return (*self._tried_again(session_id), kept, read)

    def _tried_again(self, session_id: SessionId) -> tuple[SiteEvent, ...]:
        """Who stood at the entry, as was told, is inside where the site opens for this; else they may stand there."""
        known, at = self.case.known, self.witness.at
        theirs = (one for one in (known.visit, *known.arrived.values()) if one is not None)
        visit = next((one for one in theirs if one.session_id == session_id), None)
        if self.witness.lane is Lane.EXIT or visit is None or not visit.inside:
            return ()
        if self.let_through:
            came = msgspec.structs.replace(visit, answer=Answer.GOOD, confirmed=True)
            return (VisitChanged(visit=came),)
        if visit.command_id is not None or opened_by_itself(visit, self.case.state):
            return ()
        stands = msgspec.structs.replace(visit, answer=Answer.BAD, confirmed=False, read_at=at, tried_at=at)
        return (VisitChanged(visit=stands),)

    def _session(self, entered_at: datetime | None, review: tuple[Review, ...] = ()) -> Session:
        return session_begun(self.witness.key, self.right or VISITOR, entered_at, self.case.setup, self.case.at, review)
