"""The site's partners, their months and the validations that are not over, found at a cost that does not grow."""

from collections.abc import Iterable

from syspark.domain.corrections import CorrectPlate
from syspark.domain.decision import Moment
from syspark.domain.facts import PlateRead
from syspark.domain.messages import DeadlineReached, Reported, SiteMessage
from syspark.domain.partner import Account, Partner, Partnership, Standing, Validation, month_of
from syspark.domain.partner_messages import (
    SetPartner,
    TakeBackValidation,
    ValidatePlate,
    ValidationReturned,
    ValidationSpent,
)
from syspark.domain.site.events import PartnerChanged, SiteEvent, ValidationChanged
from syspark.domain.site.partners import VALIDATION_TIMER
from syspark.domain.site.state import SiteSetup
from syspark.domain.units import SubjectId, ValidationId


class Promises:
    """An index of rows that only the site's actor writes."""

    def __init__(
        self, partners: Iterable[Partner] = (), accounts: Iterable[Account] = (), live: Iterable[Validation] = ()
    ) -> None:
        self._partners = {one.id: one for one in partners}
        self._accounts = {(one.partner_id, one.month): one for one in accounts}
        self._live: dict[ValidationId, Validation] = {}
        self._of_plate: dict[SubjectId, list[ValidationId]] = {}
        for one in live:
            self._put(one)

    def plate_of(self, message: SiteMessage) -> SubjectId | None:
        """The plate of the validation a session speaks of."""
        match message:
            case ValidationReturned(validation_id=validation_id) if validation_id in self._live:
                return self._live[validation_id].subject
            case _:
                return None

    def known(
        self, message: SiteMessage, subject: SubjectId | None, setup: SiteSetup, at: Moment
    ) -> Partnership | None:
        """What there is to know of partners for one message."""
        match message:
            case SetPartner(partner_id=partner_id):
                partner = self._partners.get(partner_id) if partner_id is not None else None
                names = sorted(one.terms.name for one in self._partners.values() if one.id != partner_id)
                return Partnership(partner=partner, names=tuple(names))
            case ValidatePlate(partner_id=partner_id):
                standing = (one for one in self._of(subject) if one.partner_id == partner_id)
                return Partnership(
                    partner=self._partners.get(partner_id),
                    account=self._accounts.get((partner_id, month_of(at.now, setup.zone))),
                    validation=next(standing, None),
                )
            case (
                TakeBackValidation(validation_id=validation_id)
                | ValidationSpent(validation_id=validation_id)
                | ValidationReturned(validation_id=validation_id)
            ):
                return self._named(validation_id)
            case DeadlineReached() if message.timer == VALIDATION_TIMER:
                return self._named(ValidationId(message.about))
            case Reported(fact=PlateRead()) | CorrectPlate():
                waiting = tuple(one for one in self._of(subject) if one.standing is Standing.WAITING)
                return Partnership(waiting=waiting) if waiting else None
            case _:
                return None

    def apply(self, event: SiteEvent) -> None:
        """Follow an event that has been committed."""
        match event:
            case PartnerChanged(partner=partner):
                self._partners[partner.id] = partner
            case ValidationChanged(validation=validation, account=account):
                self._put(validation)
                if account is not None:
                    self._accounts[account.partner_id, account.month] = account
            case _:
                pass

    def _of(self, subject: SubjectId | None) -> Iterable[Validation]:
        return (self._live[name] for name in self._of_plate.get(subject, ())) if subject is not None else ()

    def _named(self, validation_id: ValidationId) -> Partnership:
        one = self._live.get(validation_id)
        if one is None:
            return Partnership()
        return Partnership(validation=one, account=self._accounts.get((one.partner_id, one.month)))

    def _put(self, one: Validation) -> None:
        if one.standing.is_live:
            if one.id not in self._live:
                self._of_plate.setdefault(one.subject, []).append(one.id)
            self._live[one.id] = one
        elif self._live.pop(one.id, None) is not None:
            self._of_plate[one.subject].remove(one.id)
            if not self._of_plate[one.subject]:
                del self._of_plate[one.subject]
