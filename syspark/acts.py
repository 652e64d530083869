"""Acts of people that are written by whoever serves them, and told to the organisation's journal in the same
transaction: who may sign in, who did, tokens, parked messages. Source: domain.md, "Audit and privacy".
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from syspark.clock import Clock, SystemClock
from syspark.domain.closing import Closing
from syspark.domain.messages import ActDone, ActKind
from syspark.ids import IdSource
from syspark.layout import partition_of_organisation
from syspark.mailbox import row_of
from syspark.rows import Address, InboxRow, Scope


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody has done, when, and the id of the row that tells it."""

    id: UUID
    at: datetime
    done: ActDone

    def row(self, organisation_id: UUID, partitions: int) -> InboxRow:
        """The row for the organisation's mailbox."""
        scope = Scope(organisation_id, None, partition_of_organisation(organisation_id, partitions))
        return row_of(self.id, scope, Address("organisation", str(organisation_id)), self.done, self.at)


def act(what: ActKind, author: str, about: str, detail: str = "", clock: Clock | None = None) -> Act:
    """An act of this moment."""
    clock = clock or SystemClock()
    return Act(IdSource(clock).new(), clock.now(), ActDone(what=what, author=author, about=about, detail=detail))


def closed(made: Closing, act_id: UUID) -> Act:
    """A closing, told with its digest: cut off a chain, it is still known of."""
    detail = f"{made.span.period} until {made.span.last_day}, number {made.seq}, {made.digest}"
    done = ActDone(what=ActKind.CLOSING_MADE, author=made.made_by, about=made.site_id, detail=detail)
    return Act(act_id, made.made_at, done)
