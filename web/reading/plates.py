"""Plates as operators read them: in full while the visit is fresh, masked after. Source: ui.md, first paragraph."""

import re
from datetime import datetime, timedelta

from syspark.domain import identity
from syspark.domain.units import Plate
from syspark.web_ports import PersonLine

FULL_FOR = timedelta(hours=24)

_FRENCH = re.compile(r"([A-Z]{2})(\d{3})([A-Z]{2})|(\d{1,4})([A-Z]{2,3})(\d{2,3}|2[AB])")
"""`AA123AA`, and the older `123ABC75`."""


def plate_of(person: PersonLine | None, read_at: datetime, now: datetime) -> str | None:
    """A plate as it may be shown: in full while its session lasts, and when it was read in the last 24 h."""
    if person is None or person.plate is None:
        return None
    full = person.session_id is not None or now - read_at < FULL_FOR
    return spaced(person.plate) if full else masked(person.plate)


def spaced(plate: str) -> str:
    """A plate with the dashes it has on the vehicle, where its form is known."""
    found = _FRENCH.fullmatch(plate)
    return "-".join(part for part in found.groups() if part) if found else plate


def masked(plate: str) -> str:
    """What may be shown of a plate to whoever does not need all of it."""
    return with_dots(identity.masked(Plate(plate)))


def with_dots(masked_plate: str) -> str:
    """A plate that was masked by its site, as pages write it."""
    return f"··{masked_plate.lstrip('.')}"


def is_french(plate: str) -> bool:
    """Whether a plate as shown has the form of French ones, and so their band."""
    return _FRENCH.fullmatch(plate.replace("-", "")) is not None
