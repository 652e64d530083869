"""What a decision becomes: the unit that is committed for its row."""

from collections.abc import Iterator, Mapping
from typing import TypeVar

import msgspec

from syspark.domain.decision import (
    Command,
    Decision,
    Event,
    HandOver,
    Moment,
    ToAlarms,
    ToController,
    ToDevice,
    ToSession,
    ToSite,
)
from syspark.domain.messages import AnyMessage, DeadlineReached, kind_of
from syspark.domain.orders import MoveBarrier
from syspark.domain.record import concerns, record
from syspark.domain.units import SessionId
from syspark.ids import IdSource
from syspark.rows import Address, Deadline, Fate, Fence, InboxRow, JournalEntry, OutboxRow, RowStatus, Scope, Unit

E = TypeVar("E", bound=Event)


def unit_of(
    row: InboxRow,
    message: AnyMessage,
    decision: Decision[E],
    given: Mapping[str, object],
    at: Moment,
    fence: Fence,
    ids: IdSource,
) -> Unit:
    """The end of a row with its journal entry, commands, hand-overs and deadlines; the actor adds its own state."""
    inputs, personal = record(message, decision, given, at)
    entry = JournalEntry(
        chain=f"site:{row.scope.site_id}" if row.scope.site_id else f"organisation:{row.scope.organisation_id}",
        organisation_id=row.scope.organisation_id,
        site_id=row.scope.site_id,
        at=at.now,
        fact_at=at.fact_at,
        actor=row.recipient,
        kind=kind_of(message),
        rule=decision.rule,
        inputs=inputs,
        cause=row.id,
        personal=personal,
        session_id=_session(row.recipient, message, decision, given),
    )
    outcome = {"rule": decision.rule, "refused": decision.refused} if decision.refused else {"rule": decision.rule}
    return Unit(
        row=row,
        status=RowStatus.REFUSED if decision.refused else RowStatus.DONE,
        outcome=msgspec.json.encode(outcome).decode(),
        journal=(entry,),
        outbox=tuple(_outbox_row(command, decision.rule, row.scope, at, fence.epoch) for command in decision.commands),
        handovers=tuple(_handover(handover, row, ids) for handover in decision.handovers),
        deadlines=tuple(_deadlines(row, message, decision)),
    )


def _handover(handover: HandOver, row: InboxRow, ids: IdSource) -> InboxRow:
    return InboxRow(
        id=ids.new(),
        scope=row.scope,
        recipient=_recipient(handover, row.scope),
        kind=kind_of(handover.message),
        body=msgspec.json.encode(handover.message),
        fact_at=row.fact_at,
        received_at=row.received_at,
    )


def _outbox_row(command: Command, rule: str, scope: Scope, at: Moment, epoch: int) -> OutboxRow:
    return OutboxRow(
        id=command.id,
        scope=scope,
        order_kind=str(type(command.order).__struct_config__.tag),
        order=msgspec.json.encode(command.order),
        device=command.order.lane if isinstance(command.order, MoveBarrier) else command.device or "",
        author=rule,
        fate=Fate.WITHHELD if command.withheld else Fate.QUEUED,
        created_at=at.now,
        fact_at=at.fact_at,
        expires_at=command.expires_at,
        epoch=epoch,
    )


def _session(
    actor: Address, message: AnyMessage, decision: Decision[E], given: Mapping[str, object]
) -> SessionId | None:
    return SessionId(actor.id) if actor.kind == "session" else concerns(message, decision, given)


def _deadlines(row: InboxRow, message: AnyMessage, decision: Decision[E]) -> Iterator[Deadline]:
    """What the decision sets and clears; a deadline that was reached is cleared unless it is set again."""
    for timer in decision.timers:
        yield Deadline(row.scope, row.recipient, timer.key, timer.at)
    if isinstance(message, DeadlineReached) and message.key not in {timer.key for timer in decision.timers}:
        yield Deadline(row.scope, row.recipient, message.key, None)


def _recipient(handover: HandOver, scope: Scope) -> Address:
    match handover:
        case ToSite():
            return Address("site", str(scope.site_id))
        case ToSession():
            return Address("session", handover.session_id)
        case ToDevice():
            return Address("device", f"{scope.site_id}/{handover.device}")
        case ToController():
            return Address("controller", str(scope.site_id))
        case ToAlarms():
            return Address("alarms", str(scope.site_id or scope.organisation_id))
