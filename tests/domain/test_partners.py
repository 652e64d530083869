"""Validations, whatever happens in which order: never below zero, never over quota or budget, one line each.

Source: domain.md, "Access" and "Tariffs"; docs/partners.md.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID, uuid5

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syspark.domain import session as sessions
from syspark.domain.access import Plan
from syspark.domain.decision import HandOver, Moment, ToSession, ToSite
from syspark.domain.message import Message
from syspark.domain.messages import DeadlineReached, ExitRequested, SiteMessage
from syspark.domain.partner import Account, Gives, Partner, Standing, Terms, Validation, discount_of, left_cents
from syspark.domain.partner_messages import SitePartners, TakeBackValidation, ValidatePlate
from syspark.domain.payment.messages import Waive
from syspark.domain.policy import SitePolicy
from syspark.domain.session import Session
from syspark.domain.session.events import Booked
from syspark.domain.site import partners
from syspark.domain.site.events import SubjectMet, ValidationChanged
from syspark.domain.site.promises import Promises
from syspark.domain.site.state import Known, SiteSetup, Visit
from syspark.domain.tariff import DAY_S, Tariff, quote
from syspark.domain.units import Cents, HolderKey, Lane, PartnerId, Plate, SessionId, SubjectId, ValidationId
from tests.domain.park import EXIT, NOON

HOTEL = PartnerId("00000000-0000-4000-8000-000000000001")
PLATES = ("AA123BB", "BB123CC", "CC123DD")
SETUP = SiteSetup(
    site_id="default",  # type: ignore[arg-type]
    policy=SitePolicy(),
    policy_version=1,
    tariff=Tariff(free_minutes=0),
    tariff_version=1,
    capacity=9,
    sensors=frozenset(),
    devices={},
)


def moment(after_s: float, cause: int) -> Moment:
    now = NOON + timedelta(seconds=after_s)
    return Moment(now, now, UUID(int=cause + 1))


def hotel(**more: object) -> Partner:
    terms = {"name": "Hotel", "gives": Gives.PERCENT, "amount": 60, "at_most_cents": Cents(500), **more}
    return Partner(id=HOTEL, terms=Terms(**terms))  # type: ignore[arg-type]


def test_a_night_is_24_hours_from_the_entry() -> None:
    terms = hotel(gives=Gives.NIGHTS, amount=3).terms
    night = discount_of(terms, ValidationId("v"), 1, Cents(9000))
    tariff = Tariff(free_minutes=0, cap_cents=Cents(2000))
    for stayed_s, due in ((DAY_S, 0), (DAY_S + 1, 50), (2 * DAY_S, 2000)):
        quoted = quote(tariff, NOON, NOON + timedelta(seconds=stayed_s), discounts=(night,))
        assert quoted.total_cents == due, stayed_s


def test_a_validation_waits_a_day_and_not_beyond_the_partner_s_last() -> None:
    for last, hours in ((None, 24), (date(2026, 6, 15), 12), (date(2026, 6, 16), 24)):
        promises = Promises([hotel(last=last)])
        asked = ValidatePlate(partner_id=HOTEL, plate=Plate("AA123BB"), author="desk")
        at = Moment(NOON, NOON, UUID(int=7))
        known = Known(partnership=promises.known(asked, None, SETUP, at))
        decided = partners.decide(asked, known, SETUP, at)
        [made] = [event for event in decided.events if isinstance(event, ValidationChanged)]
        promises.apply(made)
        assert made.validation.until == NOON + timedelta(hours=hours)
        assert [timer.at for timer in decided.timers] == [made.validation.until]

        reached = DeadlineReached(key=decided.timers[0].key, due_at=made.validation.until)
        for early_s, rule in ((1, "validation-over-already"), (0, "validation-expired")):
            due_at = made.validation.until - timedelta(seconds=early_s)
            then = Moment(due_at, due_at, UUID(int=8))
            assert partners.due(Known(partnership=promises.known(reached, None, SETUP, then)), then).rule == rule


class Site:
    """A site's partners, with sessions that hear what they are told in any order."""

    def __init__(self, partner: Partner) -> None:
        self.promises = Promises([partner])
        self.account = Account(partner_id=HOTEL, month="2026-06")
        self.validations: dict[str, Validation] = {}
        self.sessions: dict[SessionId, Session] = {}
        self.inside: dict[str, SessionId] = {}
        self.mail: list[HandOver] = []
        self.booked: list[int] = []
        self.now_s, self.causes = 0.0, 0

    def at(self) -> Moment:
        self.causes += 1
        return moment(self.now_s, self.causes)

    @staticmethod
    def subject(plate: str) -> SubjectId:
        return SubjectId(str(uuid5(HOTEL_SPACE, plate)))

    def told(self, message: SiteMessage, plate: str | None = None) -> None:
        """The site decides a message."""
        at = self.at()
        subject = self.subject(plate) if plate is not None else self.promises.plate_of(message)
        visit = next((self._visit(one) for one in self.inside if self.subject(one) == subject), None)
        known = Known(subject=subject, visit=visit, partnership=self.promises.known(message, subject, SETUP, at))
        assert isinstance(message, SitePartners)
        decided = partners.decide(message, known, SETUP, at)
        assert not any(isinstance(event, SubjectMet) for event in decided.events)
        self._follow([event for event in decided.events if isinstance(event, ValidationChanged)])
        self.mail += decided.handovers

    def enters(self, plate: str) -> None:
        if plate in self.inside:
            return
        at = self.at()
        key = HolderKey(self.subject(plate))
        made = Session(
            id=at.session_id,
            holder_key=key,
            plan=Plan.VISITOR,
            tariff=SETUP.tariff,
            tariff_version=1,
            opened_at=at.now,
            decided_at=at.now,
        )
        self.sessions[made.id], self.inside[plate] = made, made.id
        for one in [one for one in self.validations.values() if one.standing is Standing.WAITING]:
            if HolderKey(one.subject) == key:
                given, told = partners.handed(one, made.id)
                self._follow([given])
                self.mail.append(told)

    def session(self, session_id: SessionId, message: Message) -> None:
        """A session decides a message."""
        session = self.sessions[session_id]
        decided = sessions.decide(session, message, SETUP.policy, self.at(), version=1)  # type: ignore[arg-type]
        for event in decided.events:
            session = sessions.evolve(session, event)
            if isinstance(event, Booked) and event.entry.kind == "validation":
                self.booked.append(event.entry.amount_cents)
        self.sessions[session_id] = session
        self.mail += [one for one in decided.handovers if isinstance(one, ToSite)]

    def delivers(self, place: int, *, twice: bool) -> None:
        """One of the hand-overs under way arrives; twice, if it is delivered again."""
        if not self.mail:
            return
        one = self.mail.pop(place % len(self.mail))
        for _ in range(2 if twice else 1):
            if isinstance(one, ToSession):
                self.session(one.session_id, one.message)
            elif isinstance(one.message, SitePartners):
                self.told(one.message)

    def leaves(self, plate: str, *, by_hand: bool) -> None:
        session_id = self.inside.pop(plate, None)
        if session_id is None:
            return
        if by_hand:
            self.session(session_id, Waive(reason="rain", author="op"))
        self.session(session_id, ExitRequested(lane=EXIT, cycle=1))
        if self.sessions[session_id].status.is_open:
            self.inside[plate] = session_id

    def _visit(self, plate: str) -> Visit:
        session_id, key = self.inside[plate], HolderKey(self.subject(plate))
        return Visit(session_id=session_id, keys=(key,), opened_at=NOON, read_at=NOON, tried_at=NOON, lane=Lane.ENTRY)

    def _follow(self, events: Sequence[ValidationChanged]) -> None:
        for event in events:
            self.promises.apply(event)
            self.validations[event.validation.id] = event.validation
            self.account = event.account or self.account


HOTEL_SPACE = UUID(HOTEL)
PLATE = st.sampled_from(PLATES)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("validate"), PLATE),
        st.tuples(st.just("enter"), PLATE),
        st.tuples(st.just("leave"), PLATE, st.booleans()),
        st.tuples(st.just("deliver"), st.integers(0, 5), st.booleans()),
        st.tuples(st.just("take back"), st.integers(0, 5)),
        st.tuples(st.just("wait"), st.integers(1, 7200)),
    ),
    max_size=40,
)


@given(STEPS, st.integers(0, 3), st.integers(0, 1200), st.sampled_from([Gives.ALL, Gives.PERCENT]))
def test_any_order_of_validations_arrivals_exits_and_clicks_keeps_quota_and_budget(
    steps: list[tuple[object, ...]], quota: int, budget: int, gives: Gives
) -> None:
    partner = hotel(gives=gives, amount=60 if gives is Gives.PERCENT else 0, quota=quota, budget_cents=Cents(budget))
    site = Site(partner)
    for step in steps:
        match step:
            case ("validate", str(plate)):
                asked = ValidatePlate(partner_id=HOTEL, plate=Plate(plate), author="desk")
                site.told(asked, plate)
            case ("enter", str(plate)):
                site.enters(plate)
            case ("leave", str(plate), bool(by_hand)):
                site.leaves(plate, by_hand=by_hand)
            case ("deliver", int(place), bool(twice)):
                site.delivers(place, twice=twice)
            case ("take back", int(place)) if site.validations:
                named = list(site.validations.values())[place % len(site.validations)]
                site.told(TakeBackValidation(partner_id=HOTEL, validation_id=named.id, author="desk"))
            case ("wait", int(seconds)):
                site.now_s += seconds
            case _:
                pass
        _holds(site, partner.terms)
    while site.mail:
        site.delivers(0, twice=False)
        _holds(site, partner.terms)
    assert site.account.spent_cents == sum(site.booked), "what partners owe is what is booked"


def _holds(site: Site, terms: Terms) -> None:
    account, made = site.account, list(site.validations.values())
    assert min(account.validated, account.held_cents, account.spent_cents) >= 0
    assert account.validated <= (terms.quota or 0)
    assert account.held_cents + account.spent_cents <= (terms.budget_cents or 0)
    assert left_cents(terms, account) is not None
    assert account.held_cents == sum(one.held_cents for one in made if one.standing.is_live)
    assert account.spent_cents == sum(one.spent_cents for one in made)
    live = [one.subject for one in made if one.standing.is_live]
    assert len(live) == len(set(live)), "one for a plate at a time"
    for session in site.sessions.values():
        refs = [one.ref for one in session.discounts]
        assert len(refs) == len(set(refs)), "one line each"


@pytest.mark.parametrize("gives", [Gives.MINUTES, Gives.PERCENT, Gives.NIGHTS, Gives.ALL])
def test_a_partner_is_read_back_as_written(gives: Gives) -> None:
    partner = hotel(gives=gives, quota=3, first=date(2026, 6, 1))
    assert msgspec.json.decode(msgspec.json.encode(partner), type=Partner) == partner
