"""A decision as the journal keeps it, read back: what it was made from and what it led to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from syspark.domain.decision import Moment
from syspark.domain.record import REFERENCE

ERASED = "?"
"""What is shown in place of a personal value that was erased."""


class ErasedError(Exception):
    """A personal value the decision was made from has been erased."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A journal row. `actor` is the kind of who decided, `personal` what is still kept of the values it refers to."""

    actor: str
    kind: str
    rule: str
    at: datetime
    fact_at: datetime
    cause: UUID
    inputs: bytes
    personal: Mapping[str, str]

    @property
    def moment(self) -> Moment:
        """When and because of what it was decided."""
        return Moment(now=self.at, fact_at=self.fact_at, cause=self.cause)

    def plain(self) -> dict[str, Any]:
        """Its inputs and results with the personal values in their places. Raises `ErasedError`."""
        plain: dict[str, Any] = _restored(msgspec.json.decode(self.inputs), self.personal, None)
        return plain

    def shown(self) -> dict[str, Any]:
        """The same for people: what was erased is shown as such."""
        plain: dict[str, Any] = _restored(msgspec.json.decode(self.inputs), self.personal, ERASED)
        return plain


def _restored(value: Any, personal: Mapping[str, str], erased: str | None) -> Any:
    if isinstance(value, list):
        return [_restored(item, personal, erased) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() != {REFERENCE}:
        return {key: _restored(item, personal, erased) for key, item in value.items()}
    found = personal.get(value[REFERENCE], erased)
    if found is None:
        raise ErasedError(value[REFERENCE])
    return found
