"""How long plates and pictures are kept, and what holds them longer. Source: domain.md, "Audit and privacy"."""

import enum
from dataclasses import dataclass
from datetime import datetime, timedelta

from syspark.domain.policy import SitePolicy

PLATES_AT_MOST = timedelta(days=365)
PHOTOS_AT_MOST = timedelta(days=393)
"""The shortest thirteen months there are."""

ANSWERED_WITHIN = timedelta(days=30)
"""When whoever asks what is known of them, or to be forgotten, has to hear. Source: GDPR, article 12(3): one month."""

CREDENTIAL_ACTS_KEPT = timedelta(days=365)
"""Whom a right was given to is asked about long after; who drove through is not."""


class Ground(enum.StrEnum):
    """What evidence is held for."""

    INSIDE = "inside"
    UNPAID = "unpaid"
    REVIEW = "review"
    DISPUTED = "disputed"
    POLICE = "police"


@dataclass(frozen=True, slots=True)
class Case:
    """What of a session decides how long its evidence is kept.

    `disputed`: a dispute of its money is not closed. `police_until` is the end of the latest hold a police request asks
    for; that one ends by its own date, not at a bound of ours. `declared`: its driver has told when they came, which
    is counted for a time.
    """

    closed_at: datetime | None
    unpaid: bool = False
    in_review: bool = False
    disputed: bool = False
    police_until: datetime | None = None
    declared: bool = False

    def grounds(self, now: datetime) -> tuple[Ground, ...]:
        """What it is held for now."""
        stand = {
            Ground.INSIDE: self.closed_at is None,
            Ground.UNPAID: self.unpaid,
            Ground.REVIEW: self.in_review,
            Ground.DISPUTED: self.disputed,
            Ground.POLICE: self.police_until is not None and self.police_until > now,
        }
        return tuple(ground for ground, stands in stand.items() if stands)

    def withstands(self, now: datetime) -> tuple[Ground, ...]:
        """What holds it also against the wish of whom it names to be forgotten: not that we want to look at it."""
        return tuple(ground for ground in self.grounds(now) if ground is not Ground.REVIEW)

    def plates_until(self, policy: SitePolicy) -> datetime | None:
        """Until when its plates are kept as things stand; None: its vehicle is inside."""
        if self.closed_at is None:
            return None
        kept = timedelta(seconds=policy.plates_kept_s)
        if self.declared:
            kept = max(kept, timedelta(days=policy.declared_within_days))
        return self._until(self.closed_at, kept, PLATES_AT_MOST)

    def photo_until(self, taken_at: datetime, policy: SitePolicy) -> datetime:
        """Until when a picture of it is kept as things stand."""
        return self._until(taken_at, timedelta(seconds=policy.photos_kept_s), PHOTOS_AT_MOST)

    def _until(self, since: datetime, kept: timedelta, at_most: timedelta) -> datetime:
        held = self.closed_at is None or self.unpaid or self.in_review or self.disputed
        until = since + (max(kept, at_most) if held else kept)
        return until if self.police_until is None else max(until, self.police_until)
