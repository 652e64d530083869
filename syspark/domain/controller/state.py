"""What is held of a site's controllers, which answer under one name: what they were asked, since when they differ."""

from datetime import datetime

import msgspec

from syspark.domain.decision import Event
from syspark.domain.orders import AddBadge, ListBadges, RemoveBadge, ReplaceBadges
from syspark.domain.units import CommandId, Lane

BOARDS = 2
"""Entry and exit board both answer, under the same name. Source: contract.md, `acl/event`."""


class InFlight(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The one message whose answers are awaited. `sent`: the broker has it, or nobody knows."""

    command_id: CommandId
    order: AddBadge | RemoveBadge | ReplaceBadges | ListBadges
    sent: bool = False
    answers: int = 0


class ControllerState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The snapshot of a site's controller sync. Nothing is sent to controllers that were never heard (`heard_at`).

    `listed_at` is when they listed what they hold last, `listed` a digest of it. `version` counts the desired lists,
    `digest` and `desired` are of the present one; `managed`: there was one that was not empty, and
    theirs is ours to change. `boards` is how many answer; `silent` how often one of them has answered no question.
    `doubt`: they are to be asked before anything else. `changed`: something was written since they last listed.
    `lists` answer the last question, which was asked `questions` times. `tries` were not answered in a row. `stuck`
    counts the lists that were no nearer to the desired one (`left` messages) than the one before. `missing` and `extra`
    are badges. `trouble` is why nothing goes on: `no-answer`, `card`, `not-sent` or `not-listed`.
    """

    heard_at: datetime | None = None
    listed_at: datetime | None = None
    listed: str = ""
    version: int = 0
    digest: str = ""
    desired: int = 0
    managed: bool = False
    missing: int = 0
    extra: int = 0
    boards: int = BOARDS
    asked: InFlight | None = None
    doubt: bool = False
    changed: bool = False
    lists: int = 0
    questions: int = 0
    tries: int = 0
    stuck: int = 0
    left: int = 0
    differs_since: datetime | None = None
    in_step_since: datetime | None = None
    alarmed: bool = False
    trouble: str | None = None
    silent: int = 0


class Moved(Event, frozen=True, kw_only=True, tag="controller-moved"):
    """What is held of the controllers is this from now on."""

    state: ControllerState


class PinChanged(Event, frozen=True, kw_only=True, tag="pin-changed"):
    """A lane is opened by another PIN; the digits are nowhere but sealed."""

    lane: Lane
    sealed_secret: bytes


ControllerEvent = Moved | PinChanged


def evolve(state: ControllerState, event: ControllerEvent) -> ControllerState:
    """The state after an event."""
    return event.state if isinstance(event, Moved) else state
