"""What a site knows besides its state, and what of it a message is decided with."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from actors.house import House
from actors.partners import promises_of
from actors.rights import Rights
from actors.stays import Stays
from actors.subjects import Subjects
from syspark.domain import plates
from syspark.domain.corrections import CorrectPlate, MergeSessions, SplitSession
from syspark.domain.decision import Moment
from syspark.domain.facts import BadgeRead, PinAccepted, PlateRead, SyncRequested
from syspark.domain.messages import AddCredential, AnyMessage, DeclareArrival, ReplaceBadge, Reported, SiteMessage
from syspark.domain.partner import month_of
from syspark.domain.partner_messages import ValidatePlate
from syspark.domain.site import lookup
from syspark.domain.site.alone import is_over
from syspark.domain.site.declaration import declaring
from syspark.domain.site.events import SiteEvent
from syspark.domain.site.learned import pairs_of
from syspark.domain.site.matching import plate_waiting
from syspark.domain.site.promises import Promises
from syspark.domain.site.standing import is_past
from syspark.domain.site.state import Declaring, Known, Past, SiteSetup, SiteState
from syspark.domain.site.stays import Opening, ended_since
from syspark.domain.site.visits import Visits
from syspark.domain.units import HolderKey, Lane, Plate, SessionId, SiteId, SubjectId


class Knowledge:
    """Visits, rights, plates and partners of one site: caches of rows that only it writes."""

    def __init__(self, house: House, site_id: SiteId) -> None:
        state = house.stores.state
        self._house = house
        self._site_id = site_id
        self._stays = Stays(state, site_id)
        self._rights = Rights(house, site_id)
        self._subjects = Subjects(state, site_id)
        self._promises = Promises()
        self.visits: Visits

    async def restore(self, state: SiteState, setup: SiteSetup) -> Sequence[Opening]:
        """Rebuild the visits from sessions, their witnesses and the latest openings, which it returns.

        Raises `Unavailable`.
        """
        policy, now = setup.policy, self._house.tools.clock.now()
        lately = now - timedelta(seconds=policy.same_exit_s)
        stays = await self._stays.latest(now - timedelta(seconds=policy.free_again_s))
        latest = [one for one in stays if one.session.closed_at is None or one.session.closed_at >= lately]
        since = now - timedelta(seconds=max(policy.entry_unconfirmed_s, policy.same_exit_s))
        openings = await self._stays.openings(since)
        self.visits = Visits.rebuilt(policy.same_exit_s, latest, openings, pairs_of(state.learned))
        for stay in stays:
            self.visits.free.note(stay.session, stay.keys)
        partners = await self._house.stores.state.partners(self._site_id, month_of(now, setup.zone))
        self._promises = promises_of(partners)
        self._rights.clear()
        self._subjects.restore(latest)
        return openings

    def foresee(self, message: AnyMessage) -> SessionId | None:
        """Begin to look for the right of a badge that was read; returns the session of who is inside."""
        match message:
            case Reported(fact=BadgeRead(uid=uid)):
                key = HolderKey(uid)
                self._rights.foresee(key)
            case Reported(fact=PlateRead(plate=plate)) if (subject := self._subjects.known(plate)) is not None:
                key = HolderKey(subject)
            case _:
                return None
        visit = self.visits.by_key(key)
        return visit.session_id if visit is not None and visit.inside else None

    async def known(self, message: SiteMessage, seen: SiteState, setup: SiteSetup, at: Moment) -> Known:
        """The badge or plate and the visits that a message is about. Raises `Unavailable`."""
        subject = await self._subject(message)
        known = lookup.known(
            self.visits,
            message,
            seen,
            setup,
            right=await self._rights.of(_shown(message, subject)),
            other=await self._rights.of(HolderKey(message.uid)) if isinstance(message, ReplaceBadge) else None,
            subject=subject,
        )
        if (partnership := self._promises.known(message, subject, setup, at)) is not None:
            known = replace(known, partnership=partnership)
        match message:
            case CorrectPlate() | MergeSessions() | SplitSession():
                return await self._with_stored(message, known)
            case DeclareArrival():
                return replace(known, declaring=await self._declaring(message, seen, setup, at))
            case Reported(fact=SyncRequested(held=held)) if held is not None:
                return replace(known, compared=self.visits.compared(held))
            case Reported() if is_past(message, seen, known.right, setup, at):
                return replace(known, past=await self._past(message, known, setup, at))
            case Reported(fact=BadgeRead(uid=uid)) if known.visit is None and is_over(at, setup):
                ended = ended_since(await self._stays.of(HolderKey(uid), at.fact_at), HolderKey(uid), at.fact_at)
                return replace(known, visit=ended)
            case _:
                return known

    def apply(self, events: tuple[SiteEvent, ...]) -> None:
        """Follow what has become true."""
        for event in events:
            self.visits.apply(event)
            self._promises.apply(event)
            self._rights.apply(event)
            self._subjects.apply(event)
        self.visits.forget_left(self._house.tools.clock.now())

    async def _subject(self, message: SiteMessage) -> SubjectId | None:
        match message:
            case (
                Reported(fact=PlateRead(plate=plate, valid=True))
                | AddCredential(plate=str(plate))
                | CorrectPlate(plate=plate)
                | DeclareArrival(plate=plate)
                | ValidatePlate(plate=plate)
            ):
                subject = await self._subjects.of(plate)
                if subject is not None:
                    self.visits.plates.read(HolderKey(subject), Plate(plate))
                return subject
            case _:
                return self._promises.plate_of(message)

    async def _with_stored(self, asked: CorrectPlate | MergeSessions | SplitSession, known: Known) -> Known:
        """What is known, with the sessions a person corrects as they are stored, and the rights of their holders."""
        stored = await self._stays.corrected(asked)
        keys = dict.fromkeys(one.key for session in stored.values() for one in session.witnesses)
        rights = {key: right for key in keys if (right := await self._rights.of(key)) is not None}
        return replace(known, stored=stored, rights=rights)

    async def _declaring(self, told: DeclareArrival, seen: SiteState, setup: SiteSetup, at: Moment) -> Declaring:
        """What there is to know of the plate that was read at the exit, whose driver has typed theirs."""
        key = plate_waiting(seen, Lane.EXIT)
        if key is None:
            return Declaring()
        read = self.visits.plates.plate_of(key)
        if read is None and self._subjects.known(told.plate) == SubjectId(key):
            read = told.plate  # after a restart its row alone says so
        apart = plates.edits(read, told.plate) if read is not None else None
        return declaring(await self._stays.of(key, at.fact_at), apart, setup.policy, at.fact_at)

    async def _past(self, reported: Reported, known: Known, setup: SiteSetup, at: Moment) -> tuple[Past, ...]:
        match reported.fact:
            case BadgeRead(uid=uid):
                key = HolderKey(uid)
            case PlateRead():
                key = HolderKey(known.subject or "")
            case PinAccepted():
                key = known.oldest_pin.key if known.oldest_pin is not None else HolderKey("")
            case _:
                return ()
        return await self._stays.past(key, at.fact_at, setup.policy.plate_after_badge_s)


def _shown(message: SiteMessage, subject: SubjectId | None) -> HolderKey | None:
    """What a message shows a right by."""
    match message:
        case Reported(fact=BadgeRead(uid=uid)) | ReplaceBadge(lost_uid=uid):
            return HolderKey(uid)
        case Reported(fact=PlateRead()) | CorrectPlate() | DeclareArrival() if subject is not None:
            return HolderKey(subject)
        case _:
            return None
