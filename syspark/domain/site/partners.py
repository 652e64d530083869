"""Partners of the site and the plates they validate: quotas and budgets, kept by the site alone.

Source: domain.md, "Access" and "Tariffs"; docs/partners.md. What a validation may cost is held of the partner's budget
when it is made, and given back but for what it has cost when its vehicle is gone: no order of events spends it twice.
"""

import dataclasses
from datetime import datetime, time, timedelta
from uuid import uuid5

from msgspec.structs import replace

from syspark.domain.access import clocks_of
from syspark.domain.decision import Decision, Moment, Timer, ToSession, later
from syspark.domain.partner import (
    WAITS_S,
    Account,
    Gives,
    Partner,
    Partnership,
    Standing,
    Terms,
    Validation,
    discount_of,
    left_cents,
    month_of,
    wrong_with,
)
from syspark.domain.partner_messages import (
    GiveValidation,
    Returned,
    SetPartner,
    SitePartners,
    TakeBackValidation,
    ValidatePlate,
    ValidationReturned,
    ValidationSpent,
    WithdrawValidation,
)
from syspark.domain.site.events import PartnerChanged, SiteEvent, SubjectMet, ValidationChanged, witness_kept
from syspark.domain.site.state import Known, SiteSetup
from syspark.domain.units import Cents, PartnerId, SessionId, SubjectId, ValidationId

VALIDATION_TIMER = "validation"
PARTNERS_AT_MOST = 100

_OVER: Decision[SiteEvent] = Decision(rule="validation-over-already")


def decide(message: SitePartners, known: Known, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    """What a person or a session says of partners and validations."""
    match message:
        case SetPartner():
            return _set(message, known.partnership or Partnership(), at)
        case ValidatePlate():
            return _validated(message, known, setup, at)
        case TakeBackValidation():
            return _taken_back(message, known.partnership or Partnership(), at)
        case ValidationSpent():
            return _spent(message, known.partnership or Partnership(), at)
        case ValidationReturned():
            return _returned(message, known, at)


def arrived(decided: Decision[SiteEvent], known: Known, at: Moment) -> Decision[SiteEvent]:
    """A plate for which validations wait speaks for a session: it is told of them before anything else."""
    waiting = known.partnership.waiting if known.partnership is not None else ()
    kept = (witness_kept(event) for event in decided.events)
    session_id = next((one[0] for one in kept if one is not None and SubjectId(one[1].key) == known.subject), None)
    if session_id is None:
        return decided
    given = [handed(one, session_id) for one in waiting if one.until > at.now]
    return dataclasses.replace(
        decided,
        events=(*decided.events, *(event for event, _ in given)),
        handovers=(*(told for _, told in given), *decided.handovers),
        timers=(*decided.timers, *(_clear(one) for one in waiting)),
    )


def due(known: Known, at: Moment) -> Decision[SiteEvent]:
    """A validation has waited long enough for its vehicle."""
    there = known.partnership or Partnership()
    one = there.validation
    if one is None or one.standing is not Standing.WAITING or one.until > at.now:
        return _OVER
    return Decision(rule="validation-expired", events=(_ended(one, there, Standing.EXPIRED, at),))


def _set(asked: SetPartner, there: Partnership, at: Moment) -> Decision[SiteEvent]:
    wrong = wrong_with(asked.terms)
    if wrong is not None:
        return Decision(rule="partner-nonsense", refused=wrong)
    if asked.partner_id is not None and there.partner is None:
        return Decision(rule="partner-unknown", refused="there is no such partner")
    terms = replace(asked.terms, name=asked.terms.name.strip())
    if terms.name.casefold() in {name.casefold() for name in there.names}:
        return Decision(rule="partner-name-taken", refused="another partner has this name")
    if asked.partner_id is None and len(there.names) >= PARTNERS_AT_MOST:
        return Decision(rule="partners-too-many", refused=f"a site has {PARTNERS_AT_MOST} partners at most")
    partner_id = asked.partner_id or PartnerId(str(uuid5(at.cause, "partner")))
    changed = PartnerChanged(partner=Partner(id=partner_id, terms=terms), author=asked.author)
    return Decision(rule="partner-changed", events=(changed,))


def _validated(asked: ValidatePlate, known: Known, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    there = known.partnership or Partnership()
    partner = there.partner
    if partner is None:
        return Decision(rule="partner-unknown", refused="there is no such partner")
    terms, today = partner.terms, at.now.astimezone(clocks_of(setup.zone)).date()
    if (terms.first is not None and today < terms.first) or (terms.last is not None and today > terms.last):
        return Decision(rule="partner-not-today", refused="the partner's validations do not count today")
    if (terms.gives is Gives.NIGHTS) != (asked.nights > 0) or asked.nights > terms.amount:
        return Decision(rule="validation-nights", refused=f"choose 1 to {terms.amount} nights")
    if there.validation is not None:
        return Decision(rule="validated-already")
    account = there.account or Account(partner_id=partner.id, month=month_of(at.now, setup.zone))
    if terms.quota is not None and account.validated >= terms.quota:
        return Decision(rule="partner-quota", refused="the month's quota is used up")
    held, left = terms.at_most_cents * max(1, asked.nights), left_cents(terms, account)
    held = held if left is None else min(held, left)
    if held == 0:
        return Decision(rule="partner-budget", refused="the month's budget is used up")
    subject = known.subject or at.subject_id
    met = (SubjectMet(subject=subject, plate=asked.plate),) if known.subject is None else ()
    validation_id = ValidationId(str(uuid5(at.cause, "validation")))
    made = Validation(
        id=validation_id,
        partner_id=partner.id,
        subject=subject,
        made_at=at.now,
        until=_until(terms, setup, at),
        month=account.month,
        discount=discount_of(terms, validation_id, asked.nights, Cents(held)),
        author=asked.author,
        nights=asked.nights,
    )
    after = replace(account, validated=account.validated + 1, held_cents=Cents(account.held_cents + held))
    visit = known.visit
    if visit is None or not visit.inside:
        kept = ValidationChanged(validation=made, account=after)
        timer = Timer(key=f"{VALIDATION_TIMER}:{made.id}", at=made.until)
        return Decision(rule="validation-waits", events=(*met, kept), timers=(timer,))
    given, told = handed(made, visit.session_id)
    return Decision(rule="plate-validated", events=(*met, replace(given, account=after)), handovers=(told,))


def _until(terms: Terms, setup: SiteSetup, at: Moment) -> datetime:
    """Until when a validation waits: not beyond the partner's last day, on the site's clocks."""
    until = later(at.now, WAITS_S)
    if terms.last is None:
        return until
    return min(until, datetime.combine(terms.last + timedelta(days=1), time(), clocks_of(setup.zone)))


def _taken_back(asked: TakeBackValidation, there: Partnership, at: Moment) -> Decision[SiteEvent]:
    one = there.validation
    if one is None or one.partner_id != asked.partner_id:
        return Decision(rule="validation-unknown", refused="it was used, or is over already")
    if one.session_id is not None:
        # Only its session knows whether the driver has paid, or is gone.
        told = WithdrawValidation(validation_id=one.id, author=asked.author)
        return Decision(rule="validation-asked-back", handovers=(ToSession(one.session_id, told),))
    ended = _ended(one, there, Standing.TAKEN_BACK, at, asked.author)
    return Decision(rule="validation-taken-back", events=(ended,), timers=(_clear(one),))


def _spent(told: ValidationSpent, there: Partnership, at: Moment) -> Decision[SiteEvent]:
    one, account = there.validation, there.account
    if one is None or account is None or one.session_id != told.session_id:
        return _OVER
    used = replace(one, standing=Standing.USED, spent_cents=told.cents, ended_at=at.now)
    after = replace(
        account,
        held_cents=Cents(account.held_cents - one.held_cents),
        spent_cents=Cents(account.spent_cents + told.cents),
    )
    return Decision(rule="validation-used", events=(ValidationChanged(validation=used, account=after),))


def _returned(told: ValidationReturned, known: Known, at: Moment) -> Decision[SiteEvent]:
    there = known.partnership or Partnership()
    one, visit = there.validation, known.visit
    if one is None or one.session_id != told.session_id:
        return _OVER
    if told.why is Returned.TAKEN_BACK:
        ended = _ended(one, there, Standing.TAKEN_BACK, at, told.author)
        return Decision(rule="validation-taken-back", events=(ended,))
    if told.why is Returned.PAID:
        return Decision(rule="validation-not-used", events=(_ended(one, there, Standing.NOT_USED, at),))
    if visit is not None and visit.inside and visit.session_id != told.session_id:
        given, on = handed(one, visit.session_id)
        return Decision(rule="validation-moved", events=(given,), handovers=(on,))
    if one.until <= at.now:
        return Decision(rule="validation-expired", events=(_ended(one, there, Standing.EXPIRED, at),))
    waits = ValidationChanged(validation=replace(one, standing=Standing.WAITING, session_id=None))
    timer = Timer(key=f"{VALIDATION_TIMER}:{one.id}", at=one.until)
    return Decision(rule="validation-waits-again", events=(waits,), timers=(timer,))


def handed(one: Validation, session_id: SessionId) -> tuple[ValidationChanged, ToSession]:
    """A validation is a session's from now on, which is told."""
    given = ValidationChanged(validation=replace(one, standing=Standing.GIVEN, session_id=session_id))
    return given, ToSession(session_id, GiveValidation(discount=one.discount))


def _ended(one: Validation, there: Partnership, standing: Standing, at: Moment, author: str = "") -> ValidationChanged:
    """It is over without having been used: neither the quota nor the budget is touched by it any more."""
    account = there.account
    if account is not None:
        held = Cents(account.held_cents - one.held_cents)
        account = replace(account, validated=account.validated - 1, held_cents=held)
    ended = replace(one, standing=standing, ended_at=at.now, ended_by=author)
    return ValidationChanged(validation=ended, account=account)


def _clear(one: Validation) -> Timer:
    return Timer(key=f"{VALIDATION_TIMER}:{one.id}", at=None)
