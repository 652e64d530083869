"""Ids and quantities that must not be mistaken for one another."""

import enum
from typing import NewType

SiteId = NewType("SiteId", str)
"""The site's name in topics: `[a-z0-9][a-z0-9-]{1,31}`; the v1 site is `default`."""

DeviceName = NewType("DeviceName", str)
"""A device of one site as its topics name it: a family, or a family with a suffix (`sensor_gate-exit`)."""

SessionId = NewType("SessionId", str)
"""A parking session: a time-ordered UUID as text."""

CommandId = NewType("CommandId", str)
"""A command to a site: a UUID as text, the outbox row's key."""

OfferId = NewType("OfferId", str)
"""A price offered to a driver, and the payment it becomes: a UUID as text."""

Uid = NewType("Uid", str)
"""What identifies a badge: the first eight hex digits of its UID, upper case."""

HolderKey = NewType("HolderKey", str)
"""What a witness is found by: a badge's UID, the id of a plate's subject, `pin:<session>`, or `unread:<session>`."""

SubjectId = NewType("SubjectId", str)
"""The id of a plate, whose subject is the only place that holds it: a UUID as text."""

PartnerId = NewType("PartnerId", str)
"""A partner of a site, who validates plates: a UUID as text."""

ValidationId = NewType("ValidationId", str)
"""A plate that a partner takes over, once: a UUID as text."""

Plate = NewType("Plate", str)
"""A normalised number plate: upper-case ASCII letters and digits, at least two."""

Secret = NewType("Secret", str)
"""A shared secret in clear; never stored, logged or shown."""

Cents = NewType("Cents", int)
"""Money in the minor unit of its currency."""


class Lane(enum.StrEnum):
    """A lane of a site, seen from the car park."""

    ENTRY = "entry"
    EXIT = "exit"


class Side(enum.StrEnum):
    """Which end of a vehicle a camera reads. Motorcycles have a plate at the rear only."""

    FRONT = "front"
    REAR = "rear"


class Speaks(enum.StrEnum):
    """The contract generation a device understands: set by an operator, never inferred."""

    V1 = "v1"
    V2 = "v2"
