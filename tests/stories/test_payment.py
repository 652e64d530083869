"""Paying, as the driver, the site and the books see it. Source: domain.md, "Exit and payment" and "Timed release"."""

from datetime import timedelta
from uuid import uuid4

from actors.testing import CarPark, badge
from syspark.domain.payment.messages import AskPrice, CheckoutOpened, PaymentTold
from syspark.domain.payment.payment import Means
from syspark.domain.units import Cents, OfferId, SessionId
from syspark.rows import Address, PaymentRow

READER = "parking/barriere"
VISITOR = badge("CAFE0001", "visitor")
OTHER = badge("BEEF0002", "visitor")


async def _inside(park: CarPark, uid: str, minutes: float = 91) -> SessionId:
    """A vehicle that came in so long ago."""
    await park.given(READER, uid)
    await park.pass_time(minutes * 60)
    [session] = [row for row in await park.open_sessions() if row.holder_key == uid]
    return session.id


async def _offered(park: CarPark, session_id: SessionId) -> PaymentRow:
    """The price the portal is offered, with its checkout."""
    offer = OfferId(str(uuid4()))
    await park.request(Address("session", session_id), AskPrice(offer_id=offer))
    await park.pass_time(1)
    [row] = [row for row in park.stores.payments() if row.id.hex == offer.replace("-", "")]
    opened = CheckoutOpened(
        offer_id=offer, checkout_ref=f"cs_{offer[:8]}", expires_at=park.clock.now() + timedelta(minutes=30)
    )
    await park.request(Address("session", session_id), opened)
    await park.pass_time(1)
    return row


async def _pays(park: CarPark, session_id: SessionId, offer: PaymentRow, *, ref: str = "pi_1", cents: int = 0) -> None:
    """The provider tells that an offer was paid."""
    told = PaymentTold(
        offer_id=OfferId(str(offer.id)),
        checkout_ref=f"cs_{str(offer.id)[:8]}",
        payment_ref=ref,
        amount_cents=Cents(cents or offer.amount_cents),
        currency=offer.currency,
        means=Means.SANDBOX,
        paid_at=park.clock.now(),
    )
    await park.request(Address("session", session_id), told)
    await park.pass_time(1)


async def test_who_pays_at_the_exit_is_let_out_at_once() -> None:
    async with CarPark(badges=[VISITOR]) as park:
        session_id = await _inside(park, VISITOR.uid)
        await park.when(READER, VISITOR.uid)
        assert (park.opened, park.asked) == ([], [250])

        offer = await _offered(park, session_id)
        await _pays(park, session_id, offer)

        assert park.opened == ["exit"]
        assert [(row.kind, row.amount_cents, row.vat_cents) for row in park.stores.ledger()] == [("sale", 250, 42)]
        [payment] = park.stores.payments()
        assert (payment.state, payment.receipt_number) == ("paid", 1)
