"""What a batch of units writes, as statements with the number of rows each must write."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol, TypeVar

import msgspec

from syspark.persistence import chain
from syspark.persistence.postgres import alarms, columns, journal, partners, payments
from syspark.persistence.postgres.arrays import bigints, blobs, booleans, doubles, instants, integers, texts, uuids
from syspark.persistence.postgres.columns import as_uuid
from syspark.persistence.postgres.database import Parameters
from syspark.persistence.postgres.together import Write
from syspark.ports import DataRefused
from syspark.rows import (
    CredentialRow,
    Deadline,
    InboxRow,
    OpeningRow,
    OutboxRow,
    RowStatus,
    SessionRow,
    Snapshot,
    SubjectRow,
    Unit,
    Withdrawal,
    WitnessRow,
)


class Versioned(Protocol):
    """What is replaced only when its stored version is the one before."""

    @property
    def version(self) -> int:
        """The version this write makes."""


V = TypeVar("V", bound=Versioned)


def writes(units: Sequence[Unit], linked: Sequence[chain.Linked], salt: Callable[[], bytes]) -> Iterator[Write]:
    """Everything units write besides ending their rows; `linked` are their journal entries in order.

    `salt` makes the salts of new plates. Raises `DataRefused` for what no database need be asked.
    """
    yield from _snapshots([unit.snapshot for unit in units if unit.snapshot is not None])
    yield from journal.writes(linked)
    yield from _outbox([command for unit in units for command in unit.outbox])
    yield from _deadlines([deadline for unit in units for deadline in unit.deadlines])
    # What comes together is written together, if only some of it has rows: so a worker meets few kinds of batches.
    if any(unit.handovers for unit in units):
        yield from _handovers(units)
    if withdrawn := [row for unit in units for row in unit.withdrawn]:
        yield _withdrawn(withdrawn)  # what was read again speaks for its session again
    if any(unit.sessions or unit.witnesses for unit in units):
        yield from _sessions([session for unit in units for session in unit.sessions])
        yield _witnesses([row for unit in units for row in unit.witnesses])
    if any(unit.confirmed or unit.subjects or unit.openings or unit.alarms or unit.notices for unit in units):
        yield Write("confirm", {"id": uuids([as_uuid(command_id) for unit in units for command_id in unit.confirmed])})
        yield _subjects([row for unit in units for row in unit.subjects], salt)
        yield _openings([row for unit in units for row in unit.openings])
        for name, parameters in alarms.writes(units):
            yield Write(name, parameters)
    yield from _credentials(units)
    yield from _holders(units)
    yield from _policies(units)
    yield from _tariffs(units)
    yield from _pins(units)
    for name, parameters in payments.writes(units):
        yield Write(name, parameters)
    for name, parameters in partners.writes(units):
        yield Write(name, parameters)
    forgotten = [subject for unit in units for subject in unit.forgotten]
    if forgotten:
        yield Write("forgotten", {"id": uuids(forgotten)})


def decided(units: Sequence[Unit]) -> Write:
    """The write that ends the units' rows, and on which all others hang: those that are there.

    What is handed over and decided in the same batch becomes a row that has ended already.
    """
    made = {row.id for unit in units for row in unit.handovers}
    units = [unit for unit in units if unit.row.id not in made]
    return Write(
        "decide",
        {
            "id": uuids([unit.row.id for unit in units]),
            "partition": integers([unit.row.scope.partition for unit in units]),
            "status": texts([unit.status for unit in units]),
            "outcome": texts([unit.outcome for unit in units]),
        },
        exactly=len(units),
    )


def _chained(rows: Iterable[V], key: Callable[[V], Hashable]) -> list[tuple[int, V]]:
    """Each thing's last version in the batch, with the version that must be stored now.

    Raises `DataRefused` when versions of one thing do not follow one another.
    """
    made: dict[Hashable, tuple[int, V]] = {}
    for row in rows:
        base, last = made.get(key(row), (row.version - 1, None))
        if last is not None and row.version != last.version + 1:
            raise DataRefused(f"version {row.version} does not follow {last.version}")
        made[key(row)] = (base, row)
    return list(made.values())


def _snapshots(rows: Sequence[Snapshot]) -> Iterator[Write]:
    made = _chained(rows, lambda row: row.actor)
    first = [row for base, row in made if base == 0]
    yield Write(
        "first_snapshots",
        {
            **columns.addresses([row.actor for row in first]),
            **columns.scopes([row.scope for row in first]),
            "version": bigints([row.version for row in first]),
            "body": blobs([row.body for row in first]),
        },
        exactly=len(first),
    )
    later = [(base, row) for base, row in made if base != 0]
    yield Write(
        "snapshots",
        {
            **columns.addresses([row.actor for _, row in later]),
            "base": bigints([base for base, _ in later]),
            "version": bigints([row.version for _, row in later]),
            "partition": integers([row.scope.partition for _, row in later]),
            "body": blobs([row.body for _, row in later]),
        },
        exactly=len(later),
    )


def _sessions(rows: Sequence[SessionRow]) -> Iterator[Write]:
    made = _chained(rows, lambda row: row.id)
    first = [row for base, row in made if base == 0]
    own = columns.scopes([row.scope for row in first])
    yield Write("first_sessions", {**own, **_session_columns(first)}, exactly=len(first))
    later = [(base, row) for base, row in made if base != 0]
    rows = [row for _, row in later]
    more = {
        "base": bigints([base for base, _ in later]),
        "partition": integers([row.scope.partition for row in rows]),
    }
    yield Write("sessions", {**more, **_session_columns(rows)}, exactly=len(later))


def _session_columns(rows: Sequence[SessionRow]) -> Parameters:
    return {
        "id": uuids([as_uuid(row.id) for row in rows]),
        "version": bigints([row.version for row in rows]),
        "status": texts([row.status for row in rows]),
        "holder_key": texts([row.holder_key for row in rows]),
        "opened_at": instants([row.opened_at for row in rows]),
        "closed_at": instants([row.closed_at for row in rows]),
        "body": blobs([row.body for row in rows]),
        "in_review": booleans([row.in_review for row in rows]),
        "unpaid_cents": integers([row.unpaid_cents for row in rows]),
    }


def _outbox(rows: Sequence[OutboxRow]) -> Iterator[Write]:
    yield Write(
        "outbox",
        {
            "id": uuids([as_uuid(row.id) for row in rows]),
            **columns.scopes([row.scope for row in rows]),
            "order_kind": texts([row.order_kind for row in rows]),
            "body": blobs([row.order for row in rows]),
            "device": texts([row.device for row in rows]),
            "author": texts([row.author for row in rows]),
            "fate": texts([row.fate for row in rows]),
            "created_at": instants([row.created_at for row in rows]),
            "fact_at": instants([row.fact_at for row in rows]),
            "expires_at": instants([row.expires_at for row in rows]),
            "epoch": bigints([row.epoch for row in rows]),
        },
    )


def _handovers(units: Sequence[Unit]) -> Iterator[Write]:
    ended = {unit.row.id: unit for unit in units}
    rows = [row for unit in units for row in unit.handovers]
    undone = [row for row in rows if row.id not in ended]
    yield Write("insert_unfenced", columns.messages(undone))
    done = [(row, ended[row.id]) for row in rows if row.id in ended]
    yield Write(
        "insert_ended",
        {
            **columns.messages([_as_ended(row, unit.status) for row, unit in done]),
            "status": texts([unit.status for _, unit in done]),
            "outcome": texts([unit.outcome for _, unit in done]),
        },
        exactly=len(done),
    )


def _as_ended(row: InboxRow, status: RowStatus) -> InboxRow:
    return msgspec.structs.replace(row, body=b"") if status is RowStatus.DONE else row


def _deadlines(rows: Sequence[Deadline]) -> Iterator[Write]:
    last: Mapping[object, Deadline] = {(row.actor, row.key): row for row in rows}
    cleared = [row for row in last.values() if row.at is None]
    own = columns.addresses([row.actor for row in cleared])
    yield Write("clear_deadlines", {**own, "key": texts([row.key for row in cleared])})
    kept = [row for row in last.values() if row.at is not None]
    yield Write(
        "set_deadlines",
        {
            **columns.addresses([row.actor for row in kept]),
            "key": texts([row.key for row in kept]),
            **columns.scopes([row.scope for row in kept]),
            "at": instants([row.at for row in kept]),
        },
    )


def _credentials(units: Sequence[Unit]) -> Iterator[Write]:
    last: Mapping[object, tuple[Unit, CredentialRow]] = {
        (row.site_id, row.uid): (unit, row) for unit in units for row in unit.credentials
    }
    if last:
        rows = [row for _, row in last.values()]
        yield Write(
            "credentials",
            {
                "site_id": texts([row.site_id for row in rows]),
                "uid": texts([row.uid for row in rows]),
                "organisation_id": uuids([unit.row.scope.organisation_id for unit, _ in last.values()]),
                "holder": texts([row.holder for row in rows]),
                "plan": texts([row.plan for row in rows]),
                "valid_from": instants([row.valid_from for row in rows]),
                "valid_until": instants([row.valid_until for row in rows]),
                "blocked": booleans([row.blocked for row in rows]),
                "kind": texts([row.kind for row in rows]),
                "windows": texts([row.windows for row in rows]),
                "lane": texts([row.lane for row in rows]),
                "temporary": booleans([row.temporary for row in rows]),
            },
        )


def _holders(units: Sequence[Unit]) -> Iterator[Write]:
    last = {(row.site_id, row.name): (unit, row) for unit in units for row in unit.holders}
    if last:
        rows = [row for _, row in last.values()]
        yield Write(
            "holders",
            {
                "id": uuids([row.id for row in rows]),
                "site_id": texts([row.site_id for row in rows]),
                "organisation_id": uuids([unit.row.scope.organisation_id for unit, _ in last.values()]),
                "name": texts([row.name for row in rows]),
                "kind": texts([row.kind for row in rows]),
                "places": integers([row.places for row in rows]),
            },
        )


def _policies(units: Sequence[Unit]) -> Iterator[Write]:
    for unit in units:
        if unit.policy is not None:
            yield Write(
                "set_policy",
                {
                    "site_id": unit.policy.site_id,
                    "version": unit.policy.version,
                    "organisation_id": unit.row.scope.organisation_id,
                    "body": unit.policy.body.decode(),
                    "author": unit.policy.author,
                },
                exactly=1,
            )


def _tariffs(units: Sequence[Unit]) -> Iterator[Write]:
    for unit in units:
        if unit.tariff is not None:
            yield Write(
                "set_tariff",
                {
                    "site_id": unit.tariff.site_id,
                    "version": unit.tariff.row.version,
                    "organisation_id": unit.row.scope.organisation_id,
                    "body": unit.tariff.row.body.decode(),
                    "author": unit.tariff.author,
                    "starts_at": unit.tariff.row.starts_at,
                    "now": unit.tariff.now,
                },
                exactly=1,
            )


def _pins(units: Sequence[Unit]) -> Iterator[Write]:
    last = {(unit.row.scope.site_id, pin.lane): (unit.row.scope, pin) for unit in units for pin in unit.pins}
    if last:
        yield Write(
            "change_pins",
            {
                "site_id": texts([scope.site_id for scope, _ in last.values()]),
                "organisation_id": uuids([scope.organisation_id for scope, _ in last.values()]),
                "lane": texts([pin.lane for _, pin in last.values()]),
                "sealed": blobs([pin.sealed for _, pin in last.values()]),
            },
        )


def _subjects(rows: Sequence[SubjectRow], salt: Callable[[], bytes]) -> Write:
    return Write(
        "subjects",
        {
            "id": uuids([row.id for row in rows]),
            "organisation_id": uuids([row.scope.organisation_id for row in rows]),
            "site_id": texts([row.scope.site_id for row in rows]),
            "plate": texts([row.plate for row in rows]),
            "salt": blobs([salt() for _ in rows]),
        },
    )


def _withdrawn(rows: Sequence[Withdrawal]) -> Write:
    return Write(
        "withdrawn",
        {
            "session_id": uuids([as_uuid(row.session_id) for row in rows]),
            "holder_key": texts([row.holder_key for row in rows]),
            "at": instants([row.at for row in rows]),
        },
    )


def _witnesses(rows: Sequence[WitnessRow]) -> Write:
    return Write(
        "witnesses",
        {
            "session_id": uuids([as_uuid(row.session_id) for row in rows]),
            "organisation_id": uuids([row.scope.organisation_id for row in rows]),
            "site_id": texts([row.scope.site_id for row in rows]),
            "kind": texts([row.kind for row in rows]),
            "holder_key": texts([row.holder_key for row in rows]),
            "lane": texts([row.lane for row in rows]),
            "read_at": instants([row.read_at for row in rows]),
            "confidence": doubles([row.confidence for row in rows]),
            "cause": uuids([row.cause for row in rows]),
            "rear": booleans([row.rear for row in rows]),
        },
        exactly=len(rows),
    )


def _openings(rows: Sequence[OpeningRow]) -> Write:
    return Write(
        "openings",
        {
            "id": uuids([row.id for row in rows]),
            "organisation_id": uuids([row.scope.organisation_id for row in rows]),
            "site_id": texts([row.scope.site_id for row in rows]),
            "lane": texts([row.lane for row in rows]),
            "at": instants([row.at for row in rows]),
            "because": texts([row.because for row in rows]),
        },
    )
