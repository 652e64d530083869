"""What a test says in the field's place, and how the line may mistreat it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from random import Random
from typing import NamedTuple
from uuid import uuid4

import msgspec

from syspark.domain.units import SiteId
from syspark.rows import CredentialRow

Payload = bytes | str | Mapping[str, object]
"""A message's body: text is sent as it is, a mapping as JSON."""


class Report(NamedTuple):
    """One message of the field, for `CarPark.when_all`."""

    topic: str
    payload: Payload


def encoded(payload: Payload) -> bytes:
    """A body as it travels."""
    match payload:
        case bytes():
            return payload
        case str():
            return payload.encode()
        case _:
            return msgspec.json.encode(payload)


def stamped(topic: str, at: datetime, **fields: object) -> Report:
    """A message of a device that stamps what it says: with the time it happened and an id of its own.

    Only such messages can be told apart from their duplicates, and put back into their order, whenever they arrive.
    """
    return Report(topic, {**fields, "ts": round(at.timestamp() * 1000), "event_id": uuid4().hex})


def duplicated(reports: Iterable[Report], *, times: int) -> list[Report]:
    """Each message so many times in a row, as a line does that loses acknowledgements."""
    return [report for report in reports for _ in range(times)]


def reordered(reports: Sequence[Report], *, seed: int, window: int = 50) -> list[Report]:
    """The messages shuffled, none further than its window, the same way for the same `seed`."""
    rng = Random(seed)  # noqa: S311 - shuffles a test's messages
    mixed = []
    for start in range(0, len(reports), window):
        part = list(reports[start : start + window])
        rng.shuffle(part)
        mixed += part
    return mixed


def badge(uid: str, plan: str = "subscriber", site: str = "default") -> CredentialRow:
    """A badge of a holder without a name: a `subscriber`'s, a `visitor`'s or of another `Plan`."""
    return CredentialRow(uid=uid, site_id=SiteId(site), holder=f"holder of {uid}", plan=plan)
