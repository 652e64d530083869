"""Where decisions land, in memory."""

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import get_args
from uuid import UUID

from msgspec.structs import replace

from syspark.domain.units import SiteId
from syspark.persistence import chain
from syspark.persistence.memory.alarms import write_alarm, write_notice
from syspark.persistence.memory.faults import Call, Faults
from syspark.persistence.memory.outbox import move_fate
from syspark.persistence.memory.partners import write_partners
from syspark.persistence.memory.payments import write_money
from syspark.persistence.memory.tables import (
    Tables,
    Transaction,
    finish_row,
    hour_of,
    insert_row,
    require_storable,
    require_uuid,
)
from syspark.ports import DataRefused
from syspark.rows import (
    Deadline,
    Fate,
    Fence,
    JournalEntry,
    Landed,
    OutboxRow,
    RowStatus,
    Scope,
    SessionRow,
    SiteRow,
    Snapshot,
    SubjectRow,
    Unit,
    Withdrawal,
    WitnessKind,
    WitnessRow,
)


def random_salt() -> bytes:
    """A salt nobody can guess."""
    return os.urandom(chain.SALT_BYTES)


class MemoryUnits:
    """`syspark.ports.UnitStore` over tables in memory. `salt` makes the salts of personal values."""

    def __init__(self, tables: Tables, faults: Faults, salt: Callable[[], bytes] = random_salt) -> None:
        self._tables = tables
        self._faults = faults
        self._salt = salt

    async def commit(self, fences: Sequence[Fence], units: Sequence[Unit]) -> Mapping[UUID, Landed]:
        """Write units in one transaction, in this order."""
        return await self._faults.perform(
            Call.COMMIT, lambda: self._commit(fences, units), [unit.row.id for unit in units]
        )

    async def landed(self, fences: Sequence[Fence], row_ids: Sequence[UUID]) -> Mapping[UUID, Landed | None]:
        """What became of a commit whose answer was lost, once it has ended."""
        return await self._faults.perform(Call.LANDED, lambda: self._landed(fences, row_ids))

    def _commit(self, fences: Sequence[Fence], units: Sequence[Unit]) -> Mapping[UUID, Landed]:
        held = self._tables.held(fences)
        with Transaction() as change:
            return {unit.row.id: self._write(change, unit, held) for unit in units}

    def _write(self, change: Transaction, unit: Unit, held: set[int]) -> Landed:
        if unit.row.scope.partition not in held:
            return Landed.FENCED
        stored = self._tables.inbox.get(unit.row.id)
        if stored is None or stored.status is not RowStatus.NEW:
            return Landed.DUPLICATE
        if unit.status is RowStatus.NEW:
            raise DataRefused("a unit ends its row")
        require_storable(unit.outcome)
        finish_row(self._tables, change, stored, unit.status, unit.outcome)
        if unit.snapshot is not None:
            self._write_snapshot(change, unit.snapshot)
        if unit.new_site is not None:
            self._write_site(change, unit.new_site)
        for session in unit.sessions:
            self._write_session(change, session)
        for entry in unit.journal:
            self._write_entry(change, entry)
        for command in unit.outbox:
            self._write_command(change, command)
        for deadline in unit.deadlines:
            write_deadline(self._tables, change, deadline)
        self._write_the_rest(change, unit)
        return Landed.COMMITTED

    def _write_the_rest(self, change: Transaction, unit: Unit) -> None:
        for row in unit.handovers:
            if row.id not in self._tables.inbox:
                insert_row(self._tables, change, row)
        for command_id in unit.confirmed:
            move_fate(self._tables, change, command_id, Fate.CONFIRMED)
        for credential in unit.credentials:
            require_storable(credential.uid, credential.holder, credential.plan)
            if credential.site_id not in self._tables.sites:
                raise DataRefused(f"no site {credential.site_id}")
            change.put(self._tables.credentials, (credential.site_id, credential.uid), replace(credential, pool=None))
        self._write_rules(change, unit)
        self._write_pins(change, unit)
        for holder in unit.holders:
            require_storable(holder.name)
            known = self._tables.holders.get((holder.site_id, holder.name), holder)
            change.put(self._tables.holders, (holder.site_id, holder.name), replace(holder, id=known.id))
        for subject in unit.subjects:
            self._write_subject(change, subject)
        for withdrawal in unit.withdrawn:
            self._withdraw(change, withdrawal)
        for witness in unit.witnesses:
            self._write_witness(change, witness)
        for alarm in unit.alarms:
            write_alarm(self._tables, change, alarm)
        for notice in unit.notices:
            write_notice(self._tables, change, notice)
        write_money(self._tables, change, unit)
        write_partners(self._tables, change, unit)
        for opening in unit.openings:
            require_site(opening.scope)
            if opening.id in self._tables.openings:
                raise DataRefused(f"the opening {opening.id} is already there")
            change.put(self._tables.openings, opening.id, opening)
        for subject_id in unit.forgotten:
            self._forget(change, subject_id)

    def _forget(self, change: Transaction, subject_id: UUID) -> None:
        subject = self._tables.subjects.get(subject_id)
        if subject is None:
            return
        site_id, key = require_site(subject.scope), str(subject_id)
        speaks = any(one.holder_key == key and one.scope.site_id == site_id for one in self._tables.witnesses.values())
        waits = any(one.live and one.subject == subject_id for one in self._tables.validations.values())
        if not speaks and not waits and (site_id, key) not in self._tables.credentials:
            change.drop(self._tables.subjects, subject_id)
            change.drop(self._tables.subject_of_plate, (site_id, subject.plate))

    def _write_pins(self, change: Transaction, unit: Unit) -> None:
        if not unit.pins:
            return
        site_id = require_site(unit.row.scope)
        site = self._tables.sites[site_id]
        by_lane = {pin.lane: pin for pin in (*site.pins, *unit.pins)}
        change.put(self._tables.sites, site_id, replace(site, pins=tuple(by_lane[lane] for lane in sorted(by_lane))))
        self._tables.changed_sites.append(site_id)

    def _write_snapshot(self, change: Transaction, made: Snapshot) -> None:
        before = self._tables.snapshots.get(made.actor)
        require_next(before.version if before else 0, made.version, f"snapshot of {made.actor}")
        change.put(self._tables.snapshots, made.actor, made)

    def _write_session(self, change: Transaction, made: SessionRow) -> None:
        require_uuid(made.id)
        require_storable(made.holder_key, made.status)
        site_id = require_site(made.scope)
        before = self._tables.sessions.get(made.id)
        require_next(before.version if before else 0, made.version, f"session {made.id}")
        change.put(self._tables.sessions, made.id, replace(made, holder_keys=(), subjects=()))
        index = self._tables.index
        of_site = index.open.setdefault(site_id, {})
        if made.is_open:
            change.put(of_site, made.id, None)
        else:
            change.drop(of_site, made.id)
        if made.opened_at is not None:
            change.put(index.opened.setdefault((site_id, hour_of(made.opened_at)), {}), made.id, None)

    def _write_entry(self, change: Transaction, entry: JournalEntry) -> None:
        require_storable(entry.chain, entry.kind, entry.rule, entry.actor.id, *entry.personal.values())
        last = self._tables.heads.get(entry.chain)
        head = chain.Head(last.seq, last.digest) if last else chain.Head()
        linked = chain.link(head, entry, self._salt)
        place = (entry.chain, linked.chained.seq)
        change.put(self._tables.journal, place, linked.chained)
        change.put(self._tables.salts, place, dict(linked.salts))
        change.put(self._tables.heads, entry.chain, linked.chained)

    def _write_command(self, change: Transaction, command: OutboxRow) -> None:
        require_uuid(command.id)
        require_storable(command.order_kind, command.device, command.author)
        if command.id in self._tables.outbox:
            raise DataRefused(f"the command {command.id} is already there")
        change.put(self._tables.outbox, command.id, command)

    def _write_subject(self, change: Transaction, subject: SubjectRow) -> None:
        require_storable(subject.plate)
        site_id = require_site(subject.scope)
        if subject.id in self._tables.subjects or (site_id, subject.plate) in self._tables.subject_of_plate:
            raise DataRefused(f"the subject {subject.id} or its plate is already there")
        change.put(self._tables.subjects, subject.id, subject)
        change.put(self._tables.subject_of_plate, (site_id, subject.plate), subject.id)

    def _write_witness(self, change: Transaction, witness: WitnessRow) -> None:
        require_uuid(witness.session_id)
        require_storable(witness.holder_key, witness.lane)
        if witness.kind == "plate":
            require_uuid(witness.holder_key)
        site_id = require_site(witness.scope)
        key = (witness.session_id, witness.cause, witness.holder_key)
        there = key in self._tables.witnesses and key not in self._tables.withdrawn
        if witness.kind not in get_args(WitnessKind) or there:
            raise DataRefused(f"the witness {witness.cause} is of no known kind or already there")
        change.put(self._tables.witnesses, key, witness)
        index = self._tables.index
        change.put(index.of_session.setdefault(witness.session_id, {}), key, None)
        change.put(index.of_holder.setdefault((site_id, witness.holder_key), {}), witness.session_id, None)
        change.drop(self._tables.withdrawn, key)

    def _withdraw(self, change: Transaction, withdrawal: Withdrawal) -> None:
        require_uuid(withdrawal.session_id)
        for key in self._tables.index.of_session.get(withdrawal.session_id, {}):
            if key[2] == withdrawal.holder_key:
                change.put(self._tables.withdrawn, key, withdrawal.at)

    def _write_rules(self, change: Transaction, unit: Unit) -> None:
        """A site's policy and tariff."""
        if unit.policy is not None:
            policy, site = unit.policy, self._tables.sites[unit.policy.site_id]
            require_next(site.policy_version, policy.version, "a policy")
            change.put(self._tables.sites, site.id, replace(site, policy=policy.body, policy_version=policy.version))
            self._tables.changed_sites.append(site.id)
        if unit.tariff is not None:
            site = self._tables.sites[unit.tariff.site_id]
            newest = max((site.tariff_version, *(one.version for one in site.tariffs)))
            require_next(newest, unit.tariff.row.version, "a tariff")
            change.put(self._tables.sites, site.id, site.with_tariff(unit.tariff))
            self._tables.changed_sites.append(site.id)

    def _write_site(self, change: Transaction, site: SiteRow) -> None:
        require_storable(site.id, site.name, site.zone, site.currency)
        if site.id in self._tables.sites:
            raise DataRefused(f"the site {site.id} is already there")
        change.put(self._tables.sites, site.id, site)
        self._tables.changed_sites.append(site.id)

    def _landed(self, fences: Sequence[Fence], row_ids: Sequence[UUID]) -> Mapping[UUID, Landed | None]:
        held = self._tables.held(fences)
        return {row_id: self._landed_one(row_id, held) for row_id in row_ids}

    def _landed_one(self, row_id: UUID, held: set[int]) -> Landed | None:
        stored = self._tables.inbox.get(row_id)
        if stored is None:
            # Only a done row is ever removed, days later: it was not this commit that failed.
            return Landed.DUPLICATE
        if stored.row.scope.partition not in held:
            return Landed.FENCED
        return None if stored.status is RowStatus.NEW else Landed.COMMITTED


def require_next(before: int, made: int, what: str) -> None:
    """Check that a version follows the stored one. Raises `DataRefused`."""
    if made != before + 1:
        raise DataRefused(f"{what}: version {made} does not follow {before}")


def require_site(scope: Scope) -> SiteId:
    """The site of a row that cannot be without one. Raises `DataRefused`."""
    if scope.site_id is None:
        raise DataRefused("the row belongs to no site")
    return scope.site_id


def write_deadline(tables: Tables, change: Transaction, deadline: Deadline) -> None:
    """Set, move or clear a timer."""
    key = (deadline.actor, deadline.key)
    if deadline.at is None:
        change.drop(tables.deadlines, key)
    else:
        change.put(tables.deadlines, key, deadline)


def due_at(deadline: Deadline) -> datetime:
    """When a stored deadline is due: one without a time is not stored."""
    assert deadline.at is not None
    return deadline.at
