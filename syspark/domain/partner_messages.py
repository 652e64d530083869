"""What the web, a site and its sessions tell one another of validations. Source: docs/partners.md."""

import enum

from syspark.domain.message import Message
from syspark.domain.partner import Terms
from syspark.domain.tariff import Discount
from syspark.domain.units import Cents, PartnerId, Plate, SessionId, ValidationId


class SetPartner(Message, frozen=True, kw_only=True, tag="set-partner"):
    """Operator to site: know this partner, or (`partner_id`) change what it may give away from now on."""

    terms: Terms
    partner_id: PartnerId | None = None
    author: str


class ValidatePlate(Message, frozen=True, kw_only=True, tag="validate-plate"):
    """Partner or operator to site: this plate is the partner's guest, for so many nights where it gives nights."""

    partner_id: PartnerId
    plate: Plate
    nights: int = 0
    author: str


class TakeBackValidation(Message, frozen=True, kw_only=True, tag="take-back-validation"):
    """Partner or operator to site: it was not the partner's guest."""

    partner_id: PartnerId
    validation_id: ValidationId
    author: str


class GiveValidation(Message, frozen=True, kw_only=True, tag="give-validation"):
    """Site to session: your vehicle is a partner's guest, who takes over this much."""

    discount: Discount


class WithdrawValidation(Message, frozen=True, kw_only=True, tag="withdraw-validation"):
    """Site to session: the partner takes this one back."""

    validation_id: ValidationId
    author: str


class ValidationSpent(Message, frozen=True, kw_only=True, tag="validation-spent"):
    """Session to site: my vehicle is gone, and the validation has cost its partner so much."""

    validation_id: ValidationId
    session_id: SessionId
    cents: Cents


class Returned(enum.StrEnum):
    """Why a session gives a validation back: its driver has paid, it is over or never was, it was taken back."""

    PAID = "paid"
    OVER = "over"
    TAKEN_BACK = "taken-back"


class ValidationReturned(Message, frozen=True, kw_only=True, tag="validation-returned"):
    """Session to site: this validation is not used here."""

    validation_id: ValidationId
    session_id: SessionId
    why: Returned
    author: str = ""


SitePartners = SetPartner | ValidatePlate | TakeBackValidation | ValidationSpent | ValidationReturned
SessionPartners = GiveValidation | WithdrawValidation
