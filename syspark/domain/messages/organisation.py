"""What an organisation is told and asked."""

import enum

from syspark.domain.message import Message
from syspark.domain.units import SiteId, Speaks


class ActKind(enum.StrEnum):
    """What people do that their own rows do not tell: the rule it is journalled under."""

    OPERATOR_ADDED = "operator-added"
    PASSWORD_CHANGED = "password-changed"  # noqa: S105 - a rule's name
    SIGNED_IN = "signed-in"
    SIGNED_OUT = "signed-out"
    SIGN_IN_REFUSED = "sign-in-refused"
    TOKEN_REPLACED = "token-replaced"  # noqa: S105 - a rule's name
    MESSAGE_RETRIED = "message-retried"
    MESSAGE_DROPPED = "message-dropped"
    CLOSING_MADE = "closing-made"
    SELLER_CHANGED = "seller-changed"
    EVIDENCE_ERASED = "evidence-erased"
    EVIDENCE_HELD = "evidence-held"
    PERSON_ERASED = "person-erased"
    PERSON_EXPORTED = "person-exported"


class ActDone(Message, frozen=True, kw_only=True, tag="act-done"):
    """Whoever did it, to the organisation: this was done, in the transaction that brings this.

    `about` is whom or what it concerns: an operator's name, a site, a mailbox row.
    """

    what: ActKind
    author: str
    about: str
    detail: str = ""


class AddSite(Message, frozen=True, kw_only=True, tag="add-site"):
    """Operator to organisation: open a site. `sealed_secret` is its shared secret, encrypted.

    `speaks` is the contract generation of its equipment.
    """

    site_id: SiteId
    name: str
    zone: str
    currency: str
    capacity: int
    speaks: Speaks = Speaks.V1
    sealed_secret: bytes | None = None
    author: str
