"""What a person puts right about whose vehicle it is, and how many are inside. Source: docs/corrections.md.

The site decides first and its sessions are told, since a holder, a visit and the count are the site's; what concerns a
session alone (close, void, review) its own actor decides and tells the site.
"""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from syspark.domain.access import VISITOR, Grant, Right, clocks_of, worth
from syspark.domain.corrections import (
    CorrectPlate,
    FixCount,
    ForgetConfusion,
    IdentityCorrected,
    MergedInto,
    MergeSessions,
    PartFound,
    SessionEnded,
    SiteCorrection,
    SplitSession,
)
from syspark.domain.decision import Decision, HandOver, Moment, Timer, ToSession
from syspark.domain.identity import Witness, WitnessKind, masked
from syspark.domain.review import Review
from syspark.domain.session.state import Status
from syspark.domain.site import display, learned
from syspark.domain.site.beginning import session_begun
from syspark.domain.site.ending import counted_out
from syspark.domain.site.events import (
    ConfusionsLearned,
    CountCorrected,
    RightRaised,
    SiteEvent,
    SubjectMet,
    VisitBegun,
    VisitChanged,
    WitnessKept,
    WitnessWithdrawn,
)
from syspark.domain.site.state import Known, SiteSetup, SiteState, Stored, Visit
from syspark.domain.units import HolderKey, Lane

_CHANGED = "the session has changed since it was shown: look again"


def corrected(
    state: SiteState, asked: SiteCorrection, known: Known, setup: SiteSetup, at: Moment
) -> Decision[SiteEvent]:
    """Put right what a person has found."""
    match asked:
        case CorrectPlate():
            return correct_plate(state, asked, known, setup, at)
        case MergeSessions():
            return merge(state, asked, known, at)
        case SplitSession():
            return split(state, asked, known, setup, at)
        case FixCount():
            return fix_count(state, asked, setup, at)
        case ForgetConfusion():
            return forget_confusion(state, asked)


def correct_plate(
    state: SiteState, asked: CorrectPlate, known: Known, setup: SiteSetup, at: Moment
) -> Decision[SiteEvent]:
    """The vehicle is found by the right plate from now on, and by the misread one no more."""
    stored, visit = known.stored.get(asked.session_id), known.visit
    subject = known.subject or at.subject_id
    key = HolderKey(subject)
    held = known.concerned.values()
    why = _refused(stored, asked.version)
    if why is None and any(one.inside and one.session_id != asked.session_id for one in held):
        why = "another open session has this plate: merge the two"
    if stored is None or why is not None or any(one.key == key for one in stored.witnesses):
        return Decision(rule="plate-not-corrected", refused=why or "the session has this plate already")
    misread = next((one for one in stored.witnesses if one.key == asked.key), None)
    if misread is None and asked.key is not None:
        return Decision(rule="plate-not-corrected", refused="that reading is not of this session")
    first = misread or min(stored.witnesses, key=lambda one: one.at, default=None)
    witness = Witness(
        key=key,
        kind=WitnessKind.PLATE,
        lane=first.lane if first is not None else Lane.ENTRY,
        at=first.at if first is not None else at.fact_at,
        cause=str(at.cause),
        masked=masked(asked.plate),
    )
    events: tuple[SiteEvent, ...] = (WitnessKept(session_id=asked.session_id, witness=witness),)
    if known.subject is None:
        events = (SubjectMet(subject=subject, plate=asked.plate), *events)
    if misread is not None:
        events = (*events, WitnessWithdrawn(session_id=asked.session_id, key=misread.key))
    others = [one for one in stored.witnesses if one is not misread]
    rights = {**known.rights, key: known.right} if known.right is not None else known.rights
    grant = _best([witness, *others], rights, setup)
    begun_for = stored.session.holder_key
    holder = key if asked.key in {None, begun_for} else begun_for
    if visit is not None:
        keys = [key, *(one for one in visit.keys if one != asked.key)]
        keys.sort(key=lambda one: one != holder)
        found = replace(visit, keys=tuple(keys), masked=witness.masked)
        events = (*events, *_under(found, grant))
    if known.taught is not None and misread is not None and misread.kind is WitnessKind.PLATE:
        events = (*events, *_taught(state, known.taught, asked, at))
    told = IdentityCorrected(holder_key=holder, grant=grant, reason=asked.reason, author=asked.author)
    return Decision(rule="plate-corrected", events=events, handovers=(ToSession(asked.session_id, told),))


def merge(state: SiteState, asked: MergeSessions, known: Known, at: Moment) -> Decision[SiteEvent]:
    """Two sessions are of one visit: what speaks for the one speaks for the other, which goes on or has left."""
    part, into = known.stored.get(asked.session_id), known.stored.get(asked.into)
    why = _refused(part, asked.version) or _refused(into, asked.into_version)
    if part is None or into is None or why is not None:
        return Decision(rule="not-merged", refused=why)
    if asked.session_id == asked.into:
        return Decision(rule="not-merged", refused="a session is not merged into itself")
    if into.session.opened_at is None and part.session.opened_at is not None:
        return Decision(rule="not-merged", refused="merge the session without entry into the one that has it")
    kept = {(one.key, one.cause) for one in into.witnesses}
    moved = [one for one in part.witnesses if (one.key, one.cause) not in kept]
    events: tuple[SiteEvent, ...] = tuple(WitnessKept(session_id=asked.into, witness=one) for one in moved)
    ended, timers = _ended(state, known.concerned.get(asked.session_id), at)
    events = (*events, *ended)
    left_at = part.session.left_at if into.session.status.is_open else None
    other = known.concerned.get(asked.into)
    if left_at is not None:
        over, silent = _ended(state, other, at)
        events, timers = (*events, *over), (*timers, *silent)
    elif other is not None:
        keys = tuple(dict.fromkeys((*other.keys, *(one.key for one in moved))))
        shown = other.masked or next((one.masked for one in moved if one.masked), "")
        events = (*events, VisitChanged(visit=replace(other, keys=keys, masked=shown)))
    handovers: tuple[HandOver, ...] = (
        ToSession(asked.session_id, MergedInto(into=asked.into, reason=asked.reason, author=asked.author)),
        ToSession(
            asked.into, PartFound(part=asked.session_id, left_at=left_at, reason=asked.reason, author=asked.author)
        ),
    )
    return Decision(rule="sessions-merged", events=events, handovers=handovers, timers=timers)


def split(state: SiteState, asked: SplitSession, known: Known, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    """Some readings were of another vehicle: it gets a session that began when it was first read at the entry."""
    stored, visit = known.stored.get(asked.session_id), known.visit
    why = _refused(stored, asked.version)
    if stored is None or why is not None:
        return Decision(rule="not-split", refused=why)
    moved = [one for one in stored.witnesses if one.key in asked.keys]
    stays = [one for one in stored.witnesses if one.key not in asked.keys]
    if visit is None or not visit.inside or not stored.session.status.is_open:
        return Decision(
            rule="not-split", refused="only an open session can be split: the vehicles of this one are gone"
        )
    if not moved or not stays:
        return Decision(rule="not-split", refused="each of the two vehicles needs a reading of its own")
    begun = _begun(moved, known, setup, at)
    kept = tuple(key for key in visit.keys if key not in asked.keys) or (stays[0].key,)
    shown = next((one.masked for one in stays if one.masked), "")
    grant = _best(stays, known.rights, setup)
    told = IdentityCorrected(holder_key=kept[0], grant=grant, reason=asked.reason, author=asked.author)
    events: tuple[SiteEvent, ...] = (
        *(WitnessWithdrawn(session_id=asked.session_id, key=key) for key in dict.fromkeys(one.key for one in moved)),
        *_under(replace(visit, keys=kept, masked=shown), grant),
        begun,
        *(WitnessKept(session_id=begun.session.id, witness=one) for one in moved),
    )
    return Decision(
        rule="session-split",
        events=events,
        commands=(display.free_places(setup, state, at, change=1),),
        handovers=(ToSession(asked.session_id, told),),
    )


def fix_count(state: SiteState, asked: FixCount, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    """Add a person's correction to the count, unless somebody has corrected it since they looked.

    A correction by none says that a count which was unsure is right.
    """
    if state.count_corrected_at is not None and state.count_corrected_at > asked.seen_at:
        return Decision(rule="count-changed-since", refused="the count was corrected since it was shown: look again")
    confirmed = asked.by == 0 and state.count_unsure_since is not None
    if not (asked.by or confirmed) or state.occupancy + asked.by < 0:
        return Decision(
            rule="count-not-corrected", refused=f"{state.occupancy} are counted: {asked.by:+} is no correction"
        )
    corrected = CountCorrected(by=asked.by, at=at.now)
    places = display.free_places(setup, state, at, change=asked.by)
    return Decision(rule="count-confirmed" if confirmed else "count-corrected", events=(corrected,), commands=(places,))


def forget_confusion(state: SiteState, asked: ForgetConfusion) -> Decision[SiteEvent]:
    """Two characters are no confusion of this site's cameras any more; corrections may teach them anew."""
    left = tuple(one for one in state.learned if one.pair != asked.pair)
    if left == state.learned:
        return Decision(rule="confusion-not-known", refused="these two characters were not learned here")
    after = ConfusionsLearned(learned=left, version=state.learned_version + 1, author=asked.author)
    return Decision(rule="confusion-forgotten", events=(after,))


def session_ended(
    state: SiteState, told: SessionEnded, known: Known, setup: SiteSetup, at: Moment
) -> Decision[SiteEvent]:
    """A person has ended a session: its vehicle is counted out, and nothing more is asked of it."""
    visit = known.visit
    if visit is not None and visit.counted_out:
        return Decision(rule="visit-ended-before")
    forgotten = Visit(
        session_id=told.session_id,
        keys=(told.key,),
        opened_at=None,
        read_at=told.at,
        tried_at=told.at,
        lane=Lane.ENTRY,
        plan=told.plan,
    )
    # As its session has ended already, a site that has restarted since takes its vehicle to have left.
    ended, timers = _ended(state, replace(visit or forgotten, left_at=None), at)
    places = display.free_places(setup, state, at, change=-1)
    return Decision(rule="visit-ended", events=ended, commands=(places,), timers=timers)


def _taught(state: SiteState, pair: str, asked: CorrectPlate, at: Moment) -> tuple[SiteEvent, ...]:
    """What a correction says of the site's cameras, unless this session has said it before."""
    after = learned.taught(state.learned, pair, asked.session_id, at.now)
    if after == state.learned:
        return ()
    return (ConfusionsLearned(learned=after, version=state.learned_version + 1, author=asked.author),)


def _refused(stored: Stored | None, version: int) -> str | None:
    """Why a session cannot be corrected, None when it can."""
    if stored is None:
        return "there is no such session at this site"
    if stored.session.status is Status.VOID or stored.session.merged_into is not None:
        return "that session never happened by itself"
    return _CHANGED if stored.version != version else None


def _ended(state: SiteState, visit: Visit | None, at: Moment) -> tuple[tuple[SiteEvent, ...], tuple[Timer, ...]]:
    if visit is None or not visit.inside:
        return (), ()
    return counted_out(state, replace(visit, confirmed=True), at, "corrected by an operator")


def _begun(moved: list[Witness], known: Known, setup: SiteSetup, at: Moment) -> VisitBegun:
    first = min(moved, key=lambda one: one.at)
    opened_at = min((one.at for one in moved if one.lane is Lane.ENTRY), default=None)
    grant = _best(moved, known.rights, setup)
    review = (Review.ENTRY_UNKNOWN,) if opened_at is None else ()
    session = session_begun(first.key, grant, opened_at, setup, at, review)
    visit = Visit(
        session_id=session.id,
        keys=tuple(dict.fromkeys((first.key, *(one.key for one in moved)))),
        opened_at=opened_at,
        read_at=max(one.at for one in moved),
        tried_at=first.at,
        lane=max(moved, key=lambda one: one.at).lane,
        confirmed=True,
        masked=next((one.masked for one in moved if one.masked), ""),
        pool=grant.pool,
        plan=grant.plan,
    )
    return VisitBegun(session=session, visit=visit)


def _under(visit: Visit, grant: Grant) -> tuple[SiteEvent, ...]:
    """The visit as it is now, counted under the plan of its right."""
    changed = VisitChanged(visit=replace(visit, plan=grant.plan, pool=grant.pool))
    if visit.plan is grant.plan or not visit.inside:
        return (changed,)
    return (changed, RightRaised(was=visit.plan, now=grant.plan))


def _best(witnesses: Sequence[Witness], rights: Mapping[HolderKey, Right], setup: SiteSetup) -> Grant:
    """What the best right among these readings was worth when it was read; its place is taken already."""
    by_pin = any(one.kind is WitnessKind.PIN for one in witnesses)
    best = Grant(plan=setup.policy.pin_plan) if by_pin else VISITOR
    for one in witnesses:
        right = rights.get(one.key)
        if right is None:
            continue
        found = worth(right, one.lane, one.at, clocks_of(setup.zone), setup.policy.pool_full, own_place=True)
        if isinstance(found, Grant) and found.plan.better_than(best.plan):
            best = found
    return best
