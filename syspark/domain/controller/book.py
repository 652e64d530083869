"""Which badges a site's controllers should hold, beside what each of them says it holds.

Rebuilt from credentials and lists, not part of the snapshot, as visits are of a site's. What a decision reads of it is
an `Outlook`, which the journal keeps.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import msgspec

from syspark.domain.access import Credential
from syspark.domain.device import digest
from syspark.domain.orders import AddBadge, RemoveBadge, ReplaceBadges
from syspark.domain.units import HolderKey, Uid

BadgeChange = AddBadge | RemoveBadge | ReplaceBadges


class Outlook(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far apart both sides are: `desired` badges, a `digest` of them, what is `missing` and what is `extra`.

    `listed`: what the controllers hold is known; `change` is then the message to send next, `left` how many it takes.
    `as_desired`: the list in the message that is decided is the desired one. `turns_at`: when the desired list changes
    by itself: a right begins or ends.
    """

    desired: int
    digest: str
    listed: bool = False
    missing: int = 0
    extra: int = 0
    change: BadgeChange | None = None
    left: int = 0
    as_desired: bool = False
    turns_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Desired:
    """The badges that controllers should hold from `since` on, before `until`, when a right begins or ends."""

    badges: frozenset[Uid]
    digest: str
    since: datetime
    until: datetime | None

    def holds_at(self, at: datetime) -> bool:
        """Whether it is the desired list at `at` too."""
        return self.since <= at and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True)
class Book:
    """`credentials` are those that a controller may act on by itself; `lists` the latest answers, one of each board.

    `latest` is what was desired when it was last asked: it takes a look at every credential, and seldom changes.
    """

    credentials: Mapping[HolderKey, Credential] = field(default_factory=dict)
    lists: tuple[frozenset[Uid], ...] = ()
    latest: Desired | None = None

    @classmethod
    def of(cls, credentials: Iterable[Credential]) -> "Book":
        """A book about a site's credentials, of whose controllers nothing is known yet."""
        return cls({one.uid: one for one in credentials if one.may_act_alone})

    def knowing(self, uid: HolderKey, credential: Credential | None) -> "Book":
        """What is known of a badge has changed."""
        others = {key: one for key, one in self.credentials.items() if key != uid}
        if credential is not None and credential.may_act_alone:
            others[uid] = credential
        return replace(self, credentials=others, latest=None)

    def listing(self, uids: Iterable[Uid], *, first: bool) -> "Book":
        """A controller has listed what it holds; `first`: nothing listed before counts any more."""
        before = () if first else self.lists[-1:]
        return replace(self, lists=(*before, frozenset(uids)))

    def written(self, change: BadgeChange) -> "Book":
        """A change was carried out, by all of them as far as is known."""
        match change:
            case AddBadge(uid=uid):
                return replace(self, lists=tuple(held | {uid} for held in self.lists))
            case RemoveBadge(uid=uid):
                return replace(self, lists=tuple(held - {uid} for held in self.lists))
            case ReplaceBadges(uids=uids):
                return replace(self, lists=tuple(frozenset(uids) for _ in self.lists))

    def desired(self, at: datetime) -> Desired:
        """What controllers should hold at `at`."""
        if self.latest is not None and self.latest.holds_at(at):
            return self.latest
        badges = frozenset(Uid(uid) for uid, one in self.credentials.items() if _is_valid(one, at))
        edges = (edge for one in self.credentials.values() for edge in (one.valid_from, one.valid_until) if edge)
        until = min((edge for edge in edges if edge > at), default=None)
        return Desired(badges, digest(tuple(badges)), since=at, until=until)

    def asked(self, at: datetime) -> "Book":
        """The same book, in which what is desired at `at` is looked up."""
        return replace(self, latest=self.desired(at))

    def outlook(self, at: datetime, *, fits: int, listed: Iterable[Uid] | None = None) -> Outlook:
        """What a decision at `at` reads; `fits` badges fit one full list, `listed` is the list in its message."""
        desired = self.desired(at)
        badges = desired.badges
        missing = sorted(badges.difference(frozenset.intersection(*self.lists))) if self.lists else []
        extra = sorted(frozenset().union(*self.lists) - badges)
        change, left = _cheapest(badges, missing, extra, fits)
        return Outlook(
            desired=len(badges),
            digest=desired.digest,
            listed=bool(self.lists),
            missing=len(missing),
            extra=len(extra),
            change=change,
            left=left,
            as_desired=listed is not None and frozenset(listed) == badges,
            turns_at=desired.until,
        )


def _cheapest(
    desired: frozenset[Uid], missing: list[Uid], extra: list[Uid], fits: int
) -> tuple[BadgeChange | None, int]:
    """The first of the fewest messages that make the lists the desired one, and how many they are.

    A full list and what does not fit it, or one message a badge: what may no longer open anything goes first.
    """
    one_by_one = len(missing) + len(extra)
    anew = 1 + max(0, len(desired) - fits)
    if fits > 0 and anew < one_by_one:
        return ReplaceBadges(uids=tuple(sorted(desired)[:fits])), anew
    if extra:
        return RemoveBadge(uid=extra[0]), one_by_one
    return (AddBadge(uid=missing[0]) if missing else None), one_by_one


def _is_valid(credential: Credential, at: datetime) -> bool:
    begun = credential.valid_from is None or credential.valid_from <= at
    return begun and (credential.valid_until is None or at < credential.valid_until)
