"""Payments, the ledger and what the payment provider is to do, on PostgreSQL."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from syspark.domain.units import SessionId
from syspark.persistence import queries
from syspark.persistence.postgres import columns
from syspark.persistence.postgres.arrays import bigints, blobs, instants, texts, uuids
from syspark.persistence.postgres.columns import as_uuid
from syspark.persistence.postgres.database import Database, Parameters
from syspark.persistence.postgres.retry import answered
from syspark.rows import Fence, InboxRow, LedgerRow, OrderFate, PaymentRow, ProviderOrderRow, Scope, Unit


def writes(units: Sequence[Unit]) -> Iterator[tuple[str, Parameters]]:
    """The statements of `unit.sql` that keep the units' money."""
    # One statement writes a row once: of several states of a payment the last counts, in the place of its first.
    payments = list({row.id: row for unit in units for row in unit.payments}.values())
    if payments:
        yield "payments", _payment_columns(payments)
    ledger = [row for unit in units for row in unit.ledger]
    if ledger:
        yield "ledger", _ledger_columns(ledger)
    orders = [row for unit in units for row in unit.provider_orders]
    if orders:
        yield (
            "provider_orders",
            {
                "id": texts([row.id for row in orders]),
                **columns.scopes([row.scope for row in orders]),
                "session_id": uuids([as_uuid(row.session_id) for row in orders]),
                "body": blobs([row.body for row in orders]),
                "created_at": instants([row.created_at for row in orders]),
            },
        )


def _owners(scopes: Sequence[Scope]) -> Parameters:
    return {
        "organisation_id": uuids([scope.organisation_id for scope in scopes]),
        "site_id": texts([scope.site_id for scope in scopes]),
    }


def _payment_columns(rows: Sequence[PaymentRow]) -> Parameters:
    return {
        "id": uuids([row.id for row in rows]),
        **_owners([row.scope for row in rows]),
        "session_id": uuids([as_uuid(row.session_id) for row in rows]),
        "state": texts([row.state for row in rows]),
        "means": texts([row.means for row in rows]),
        "amount_cents": bigints([row.amount_cents for row in rows]),
        "currency": texts([row.currency for row in rows]),
        "body": blobs([row.body for row in rows]),
        "made_at": instants([row.made_at for row in rows]),
        "checkout_ref": texts([row.checkout_ref for row in rows]),
        "payment_ref": texts([row.payment_ref for row in rows]),
        "paid_at": instants([row.paid_at for row in rows]),
        "refunded_cents": bigints([row.refunded_cents for row in rows]),
    }


def _ledger_columns(rows: Sequence[LedgerRow]) -> Parameters:
    return {
        "id": uuids([row.id for row in rows]),
        **_owners([row.scope for row in rows]),
        "session_id": uuids([as_uuid(row.session_id) for row in rows]),
        "at": instants([row.at for row in rows]),
        "local_day": texts([row.local_day.isoformat() for row in rows]),
        "kind": texts([row.kind for row in rows]),
        "means": texts([row.means for row in rows]),
        "amount_cents": bigints([row.amount_cents for row in rows]),
        "currency": texts([row.currency for row in rows]),
        "vat_cents": bigints([row.vat_cents for row in rows]),
        "payment_id": uuids([row.payment_id for row in rows]),
        "author": texts([row.author for row in rows]),
        "reason": texts([row.reason for row in rows]),
        "counter_of": uuids([row.counter_of for row in rows]),
    }


class PostgresPayments:
    """`syspark.ports.PaymentStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sql = queries.load("payment")

    async def orders(self, limit: int) -> Sequence[ProviderOrderRow]:
        """What the payment provider is to do, oldest first."""
        rows = await self._database.rows(self._sql["orders"], {"limit": limit})
        return [
            ProviderOrderRow(row[0], Scope(row[1], row[2], row[3]), SessionId(str(row[4])), *row[5:]) for row in rows
        ]

    async def tried(self, fence: Fence, order_id: str) -> None:
        """Count a try that came to nothing."""
        await self._write("tried", {**_fence(fence), "order_id": order_id})

    async def settle(
        self, fence: Fence, order_id: str, fate: OrderFate, at: datetime, tell: InboxRow | None = None
    ) -> None:
        """Record what became of an order, and tell its session."""
        told = columns.messages([tell] if tell is not None else [])
        await self._write("settle", {**_fence(fence), "order_id": order_id, "fate": fate, "at": at, **told})

    async def _write(self, name: str, parameters: Parameters) -> None:
        await self._database.owned(answered(self._database.write(self._sql[name], parameters)), name)


def _fence(fence: Fence) -> Parameters:
    # A row that is told has a partition of its own.
    return {"fence_id": fence.partition, "fence_owner": fence.owner, "fence_epoch": fence.epoch}
