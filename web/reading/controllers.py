"""What is told of a site's controllers: both lists, how far they are apart, and why nothing goes on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from syspark.domain.access import Plan
from syspark.domain.access.right import Credential
from syspark.domain.controller.book import Book
from syspark.domain.units import HolderKey
from syspark.web_ports import BadgeLine
from web.reading.twin import TwinSeen
from web.sentence import Sentence, said

TROUBLES: Mapping[str, Sentence] = {
    "no-answer": said("They do not answer; asked again ever later."),
    "card": said("A board cannot write its card: exchange it."),
    "not-sent": said("The site has no shared secret, without which controllers take nothing."),
    "not-listed": said("They take what is sent and list something else: look at the boards."),
}


class SyncSeen(msgspec.Struct, frozen=True):
    """The stored state of a site's controller sync: fields that this or an older worker does not write stay empty."""

    heard_at: datetime | None = None
    listed_at: datetime | None = None
    managed: bool = False
    desired: int = 0
    missing: int = 0
    extra: int = 0
    differs_since: datetime | None = None
    in_step_since: datetime | None = None
    trouble: str | None = None

    @property
    def word(self) -> Sentence | None:
        """How the lists stand, None as long as nothing was heard of them or the site knows no badge."""
        if self.heard_at is None or not self.managed:
            return None
        if self.differs_since is not None:
            apart = {"missing": self.missing, "extra": self.extra, "at": self.differs_since}
            return said("Badges to add: {missing}, to remove: {extra}; differs since {at}", **apart)
        if self.in_step_since is not None:
            return said("All {n} badges, since {at}", n=self.desired, at=self.in_step_since)
        return said("Lists not compared yet")


@dataclass(frozen=True, slots=True)
class ControllerPage:
    """Both lists of badges. `listed` is None while no controller has told what it holds."""

    sync: SyncSeen
    desired: tuple[str, ...]
    listed: tuple[str, ...] | None
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    trouble: Sentence | None


_SYNC = msgspec.json.Decoder(SyncSeen)


def sync_seen(body: bytes | None) -> SyncSeen:
    """A site's controller sync, empty when there is none or it is not understood."""
    try:
        return _SYNC.decode(body) if body is not None else SyncSeen()
    except msgspec.DecodeError:
        return SyncSeen()


def controller_page(sync: SyncSeen, twin: TwinSeen, badges: Sequence[BadgeLine], now: datetime) -> ControllerPage:
    """The lists as they are now: who belongs on the desired one is decided as the worker decides it."""
    desired = Book.of(_credential(line) for line in badges).desired(now).badges
    entries = twin.reported.entries if twin.reported is not None else None
    listed = None if entries is None else frozenset(entries)
    return ControllerPage(
        sync=sync,
        desired=tuple(sorted(desired)),
        listed=None if listed is None else tuple(sorted(listed)),
        missing=() if listed is None else tuple(sorted(desired - listed)),
        extra=() if listed is None else tuple(sorted(listed - desired)),
        trouble=TROUBLES.get(sync.trouble or ""),
    )


def _credential(line: BadgeLine) -> Credential:
    return Credential(
        uid=HolderKey(line.uid),
        holder="",
        plan=Plan(line.plan),
        valid_from=line.valid_from,
        valid_until=line.valid_until,
        blocked=line.blocked,
    )
