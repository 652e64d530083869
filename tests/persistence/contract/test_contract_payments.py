"""Payments, the ledger and what the payment provider is to do: written with the decision, numbered without a gap."""

from datetime import date
from uuid import UUID

import pytest
from msgspec.structs import replace

from syspark.domain.units import SessionId
from syspark.ports import DataRefused, Stores
from syspark.rows import Fence, LedgerRow, OrderFate, PaymentRow, ProviderOrderRow, Unit
from tests.persistence.contract.benches import Bench
from tests.persistence.contract.making import Maker, after, lost


def offered(make: Maker) -> PaymentRow:
    """A price that was offered."""
    return PaymentRow(make.id(), make.scope, SessionId(str(make.id())), "offered", "none", 250, "EUR", b"{}", after(0))


def paid(row: PaymentRow, seconds: float = 5) -> PaymentRow:
    """The same, paid."""
    return replace(row, state="paid", means="sandbox", payment_ref="pi_1", paid_at=after(seconds))


def booked(make: Maker) -> LedgerRow:
    """A sale."""
    return LedgerRow(
        make.id(), make.scope, SessionId(str(make.id())), after(0), date(2026, 3, 1), "sale", "sandbox", 250, "EUR", 42
    )


def order(make: Maker, name: str = "refund:1", seconds: float = 0) -> ProviderOrderRow:
    """Something the provider is to do."""
    return ProviderOrderRow(name, make.scope, SessionId(str(make.id())), b'{"type":"send-back"}', after(seconds))


async def unit(stores: Stores, make: Maker, fence: Fence, **money: object) -> Unit:
    """A decision that moves money."""
    [answer] = await stores.inbox.insert([fence], [make.fact(partition=fence.partition)])
    return make.unit(answer.row, **money)


async def test_what_is_paid_has_the_next_receipt_number_of_its_seller_for_ever(
    bench: Bench, stores: Stores, make: Maker, fence: Fence
) -> None:
    first, second, third = offered(make), offered(make), offered(make)
    await stores.units.commit([fence], [await unit(stores, make, fence, payments=(first,))])
    units = [
        await unit(stores, make, fence, payments=(paid(second, 1),)),
        await unit(stores, make, fence, payments=(paid(first, 2), offered(make))),
    ]
    await stores.units.commit([fence], units)
    await stores.units.commit([fence], [await unit(stores, make, fence, payments=(paid(third),))])
    refunded = replace(paid(second), state="refunded", refunded_cents=250)
    await stores.units.commit([fence], [await unit(stores, make, fence, payments=(refunded,))])

    stored = {row.id: row for row in await bench.payments()}
    assert [stored[row.id].receipt_number for row in (second, first, third)] == [1, 2, 3]
    codes = {row.receipt_code for row in stored.values() if row.receipt_number is not None}
    assert len(codes) == 3
    assert all(code is not None and len(code) == 6 and not set(code) & set("0O1IL") for code in codes)
    assert (stored[second.id].state, stored[second.id].refunded_cents) == ("refunded", 250)
    assert [row.receipt_number for row in stored.values() if row.paid_at is None] == [None]


async def test_a_receipt_number_is_not_used_up_by_a_decision_that_fails(
    bench: Bench, stores: Stores, make: Maker, fence: Fence
) -> None:
    entry = booked(make)
    await stores.units.commit([fence], [await unit(stores, make, fence, ledger=(entry,))])
    with pytest.raises(DataRefused):
        await stores.units.commit(
            [fence], [await unit(stores, make, fence, payments=(paid(offered(make)),), ledger=(entry,))]
        )
    await stores.units.commit([fence], [await unit(stores, make, fence, payments=(paid(offered(make)),))])

    assert [row.receipt_number for row in await bench.payments()] == [1]


async def test_what_was_booked_is_there_as_it_was(bench: Bench, stores: Stores, make: Maker, fence: Fence) -> None:
    sale = booked(make)
    back = replace(
        booked(make), kind="counter", amount_cents=-250, vat_cents=-42, counter_of=sale.id, author="eve", reason="moved"
    )
    await stores.units.commit([fence], [await unit(stores, make, fence, ledger=(sale, back))])

    assert {row.id: row for row in await bench.ledger()} == {sale.id: sale, back.id: back}


async def test_what_the_provider_is_to_do_waits_oldest_first_and_is_ordered_once(
    stores: Stores, make: Maker, fence: Fence
) -> None:
    late, early = order(make, "refund:2", 5), order(make, "refund:1", 1)
    await stores.units.commit([fence], [await unit(stores, make, fence, provider_orders=(late, early))])
    await stores.units.commit([fence], [await unit(stores, make, fence, provider_orders=(early,))])
    await stores.payments.tried(fence, early.id)

    assert await stores.payments.orders(10) == [replace(early, tries=1), late]


@pytest.mark.parametrize("fate", [OrderFate.DONE, OrderFate.REFUSED])
async def test_what_was_done_or_given_up_is_told_to_its_session_once(
    stores: Stores, make: Maker, fence: Fence, fate: OrderFate
) -> None:
    done = order(make)
    await stores.units.commit([fence], [await unit(stores, make, fence, provider_orders=(done,))])
    tell, again = make.handover("refund-told"), make.handover("refund-told")
    await stores.payments.settle(fence, done.id, fate, after(9), tell)
    await stores.payments.settle(fence, done.id, fate, after(9), again)

    assert await stores.payments.orders(10) == []
    assert await undone(stores, fence) == [tell.id]


async def test_who_has_lost_the_partition_settles_nothing(stores: Stores, make: Maker, fence: Fence) -> None:
    waiting = order(make)
    await stores.units.commit([fence], [await unit(stores, make, fence, provider_orders=(waiting,))])
    await stores.payments.settle(lost(fence), waiting.id, OrderFate.DONE, after(9), make.handover())
    await stores.payments.tried(lost(fence), waiting.id)

    assert await stores.payments.orders(10) == [waiting]
    assert await undone(stores, fence) == []


async def undone(stores: Stores, fence: Fence) -> list[UUID]:
    """What waits in mailboxes."""
    return [row.id for row in await stores.inbox.undone(fence.partition, 0, 100)]
