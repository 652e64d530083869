"""Payments, the ledger and what the payment provider is to do, in memory."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from syspark.persistence.memory.closings import in_an_open_day
from syspark.persistence.memory.faults import Call, Faults
from syspark.persistence.memory.tables import Tables, Transaction, insert_row, require_storable, require_uuid
from syspark.ports import DataRefused
from syspark.rows import Fence, InboxRow, LedgerRow, OrderFate, PaymentRow, ProviderOrderRow, Unit

_CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def write_money(tables: Tables, change: Transaction, unit: Unit) -> None:
    """Keep a unit's money."""
    for payment in unit.payments:
        _write_payment(tables, change, payment)
    for entry in unit.ledger:
        _write_entry(tables, change, entry)
    for order in unit.provider_orders:
        require_storable(order.id)
        require_uuid(order.session_id)
        if order.id not in tables.provider_orders:
            change.put(tables.provider_orders, order.id, (replace(order, tries=0), OrderFate.WAITING))


def _write_payment(tables: Tables, change: Transaction, made: PaymentRow) -> None:
    require_uuid(made.session_id)
    require_storable(made.state, made.means, made.currency, made.checkout_ref or "", made.payment_ref or "")
    before = tables.payments.get(made.id)
    number, code = (before.receipt_number, before.receipt_code) if before is not None else (None, None)
    if made.paid_at is not None and number is None:
        number, code = _receipt(tables, change, made)
    change.put(tables.payments, made.id, replace(made, receipt_number=number, receipt_code=code))


def _receipt(tables: Tables, change: Transaction, made: PaymentRow) -> tuple[int, str]:
    """The next number of the seller, which is the organisation, and a code nobody has had."""
    seller = made.scope.organisation_id
    number = tables.receipts.get(seller, 0) + 1
    change.put(tables.receipts, seller, number)
    taken = {row.receipt_code for row in tables.payments.values()}
    while (code := "".join(secrets.choice(_CODE_LETTERS) for _ in range(6))) in taken:
        pass
    return number, code


def _write_entry(tables: Tables, change: Transaction, entry: LedgerRow) -> None:
    require_uuid(entry.session_id)
    require_storable(entry.kind, entry.means, entry.currency, entry.author, entry.reason)
    if entry.id in tables.ledger:
        raise DataRefused(f"the ledger entry {entry.id} is already there")
    change.put(tables.ledger, entry.id, in_an_open_day(tables, entry))


class MemoryPayments:
    """`syspark.ports.PaymentStore` over tables in memory."""

    def __init__(self, tables: Tables, faults: Faults) -> None:
        self._tables = tables
        self._faults = faults

    async def orders(self, limit: int) -> Sequence[ProviderOrderRow]:
        """What the payment provider is to do, oldest first."""
        return await self._faults.perform(Call.READ, lambda: self._orders(limit))

    async def tried(self, fence: Fence, order_id: str) -> None:
        """Count a try that came to nothing."""
        await self._faults.perform(Call.RECORD, lambda: self._tried(fence, order_id))

    async def settle(
        self, fence: Fence, order_id: str, fate: OrderFate, at: datetime, tell: InboxRow | None = None
    ) -> None:
        """Record what became of an order, and tell its session."""
        await self._faults.perform(Call.RECORD, lambda: self._settle(fence, order_id, fate, tell))

    def _orders(self, limit: int) -> Sequence[ProviderOrderRow]:
        rows = [row for row, fate in self._tables.provider_orders.values() if fate is OrderFate.WAITING]
        return sorted(rows, key=lambda row: (row.created_at, row.id))[:limit]

    def _tried(self, fence: Fence, order_id: str) -> None:
        row, fate = self._tables.provider_orders[order_id]
        if self._tables.held([fence]) and fate is OrderFate.WAITING:
            self._tables.provider_orders[order_id] = (replace(row, tries=row.tries + 1), fate)

    def _settle(self, fence: Fence, order_id: str, fate: OrderFate, tell: InboxRow | None) -> None:
        row, before = self._tables.provider_orders[order_id]
        if not self._tables.held([fence]) or before is not OrderFate.WAITING:
            return
        with Transaction() as change:
            change.put(self._tables.provider_orders, order_id, (replace(row, tries=row.tries + 1), fate))
            if tell is not None:
                insert_row(self._tables, change, tell)
