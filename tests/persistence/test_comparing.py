"""The ledger on a real database beside a provider's list: what nobody has booked is told once, until it is."""

from datetime import timedelta
from uuid import UUID

import msgspec
from msgspec.structs import replace

from ops.comparing import Comparer
from syspark.clock import SteppedClock
from syspark.domain.comparison import ComparedDay
from syspark.domain.messages import AlarmRaised, decode
from syspark.domain.payment.entry import EntryKind, entry_id
from syspark.domain.units import Cents, OfferId, SessionId
from syspark.gateways.memory_payments import MemoryPayments
from syspark.payment_ports import CheckoutWanted
from syspark.rows import PaymentRow
from tests.persistence.contract.making import NOON
from tests.persistence.contract.test_contract_closings import TODAY, sale
from tests.persistence.worker import Worker


async def paid_at(provider: MemoryPayments, worker: Worker, offer: UUID) -> SessionId:
    """Somebody pays 12.50 at the provider, and nobody here hears of it."""
    session = SessionId(str(worker.make.id()))
    wanted = CheckoutWanted(
        offer_id=OfferId(str(offer)),
        session_id=session,
        site_id=worker.make.site.id,
        organisation_id=worker.make.site.organisation_id,
        amount_cents=Cents(1250),
        currency="EUR",
        label="Parking",
        language="fr",
        success_url="https://host/ok",
        cancel_url="https://host/no",
        expires_at=NOON + timedelta(minutes=10),
    )
    await provider.pay((await provider.open_checkout(wanted)).ref)
    return session


async def kept(worker: Worker) -> list[ComparedDay]:
    """What stands of each day."""
    rows = await worker.ask("SELECT body FROM provider_day ORDER BY local_day")
    return [msgspec.json.decode(bytes(body), type=ComparedDay) for (body,) in rows]


async def test_what_is_not_booked_is_told_once_until_it_is(worker: Worker) -> None:
    clock = SteppedClock(NOON)
    provider, offer = MemoryPayments(clock), worker.make.id()
    comparer = Comparer(worker.postgres.database, worker.stores.inbox, provider, clock)
    session = await paid_at(provider, worker, offer)

    assert await comparer.compare() == 0, "what has just happened may be booked in a moment"
    clock.advance(400)
    assert await comparer.compare() == 1
    assert await comparer.compare() == 1
    [day] = await kept(worker)
    assert (day.provider, day.ledger, day.unexplained) == ((("EUR", 1250),), (), 1)
    rows = await worker.stores.inbox.undone(0, 0, 10)
    alarms = [one for one in (decode(row.body) for row in rows) if isinstance(one, AlarmRaised)]
    assert [(one.kind, one.about) for one in alarms] == [("payment-mismatch", session)]

    ref = f"pi_{offer}"
    entry = sale(worker.make, 1250, TODAY, id=UUID(entry_id(session, EntryKind.SALE, ref)), session_id=session)
    payment = PaymentRow(
        offer, worker.make.scope, session, "paid", "sandbox", 1250, "EUR", b"{}", NOON, payment_ref=ref, paid_at=NOON
    )
    [row] = await worker.facts(1)
    unit = worker.make.unit(row, payments=(payment,), ledger=(replace(entry, payment_id=offer),))
    await worker.stores.units.commit([worker.fence], [unit])
    assert await comparer.compare() == 0
    [day] = await kept(worker)
    assert (day.provider, day.ledger, day.unexplained) == ((("EUR", 1250),), (("EUR", 1250),), 0)


async def test_a_sale_the_provider_has_never_heard_of_is_found(worker: Worker) -> None:
    clock = SteppedClock(NOON + timedelta(hours=1))
    [row] = await worker.facts(1)
    await worker.stores.units.commit([worker.fence], [worker.make.unit(row, ledger=(sale(worker.make, 1250, TODAY),))])
    comparer = Comparer(worker.postgres.database, worker.stores.inbox, MemoryPayments(clock), clock)
    assert await comparer.compare() == 1
