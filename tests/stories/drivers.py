"""A car park with drivers who pay at a provider in memory: as the portal asks, as the webhooks tell."""

from types import TracebackType
from typing import Self
from uuid import UUID, uuid4

import msgspec
from msgspec import structs

from actors.testing import CarPark
from syspark.domain.payment.messages import AskPrice, CheckoutOpened, ConfirmStay, PaymentTold, UseCode
from syspark.domain.payment.payment import Payment
from syspark.domain.policy import Language
from syspark.domain.rerun import Rerun, setups_in
from syspark.domain.tariff import Tariff
from syspark.domain.units import Cents, Lane, OfferId, SessionId
from syspark.gateways.memory_payments import MemoryPayments
from syspark.payment_ports import CheckoutWanted
from syspark.persistence.memory import ORGANISATION, default_site
from syspark.rows import Address, CredentialRow, LaneRow, LedgerRow, PaymentRow, SiteRow
from syspark.telling import detail_of

READER = "parking/barriere"
TARIFF = Tariff(free_minutes=0, step_minutes=1, cap_cents=Cents(100_000), exit_grace_minutes=2, lane_grace_minutes=1)
"""0.50 for each minute begun: what a day's stay would show is seen in minutes."""
DEAR = structs.replace(TARIFF, step_cents=Cents(2000))


def with_sensor_at_exit(site: SiteRow) -> SiteRow:
    """The same site, its sensor moved to the exit."""
    lanes = tuple(LaneRow(one.lane, one.lane == Lane.EXIT) for one in site.lanes)
    devices = tuple(structs.replace(one, lane=Lane.EXIT) if one.kind == "sensor_gate" else one for one in site.devices)
    return structs.replace(site, lanes=lanes, devices=devices)


class Drivers:
    """`async with` it; `provider` is where they pay, `park` where they parked."""

    def __init__(self, *badges: CredentialRow, tariff: Tariff = TARIFF, watched: bool = False) -> None:
        """`watched`: the site's sensor is at its exit."""
        site = structs.replace(default_site(), tariff=msgspec.json.encode(tariff))
        site = with_sensor_at_exit(site) if watched else site
        self.park = CarPark(badges=badges, sites=[site])
        self.park.provider = self.provider = MemoryPayments(self.park.clock)
        self._delivered = 0

    async def __aenter__(self) -> Self:
        await self.park.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.park.__aexit__(kind, error, trace)
        if error is None:
            rows, made_again = self.park.recorded(), Rerun()
            setups = setups_in(rows)
            for row in rows:
                made_again.add(row, setups)
            assert made_again.differences == [], "the journal has all that its decisions were made from"

    async def parked(self, uid: str, minutes: float = 4.5) -> SessionId:
        """A vehicle that came in so long ago."""
        await self.park.given(READER, uid)
        await self.park.pass_time(minutes * 60)
        [session] = [one for one in await self.park.open_sessions() if one.holder_key == uid]
        return session.id

    async def at_exit(self, uid: str) -> None:
        """It is read at the exit."""
        await self.park.when(READER, {"uid": uid, "lane": "exit"})

    async def offered(self, session_id: SessionId) -> OfferId:
        """The portal asks for the price."""
        offer_id = OfferId(str(uuid4()))
        await self.park.request(Address("session", session_id), AskPrice(offer_id=offer_id))
        await self.park.pass_time(1)
        return offer_id

    async def checkout(self, session_id: SessionId) -> str:
        """The portal asks for the price, and opens the page where it is paid."""
        offer_id = await self.offered(session_id)
        payment = msgspec.json.decode(self.row(offer_id).body, type=Payment)
        site = default_site()
        wanted = CheckoutWanted(
            offer_id=offer_id,
            session_id=session_id,
            site_id=site.id,
            organisation_id=ORGANISATION,
            amount_cents=payment.quote.total_cents,
            currency=payment.quote.currency,
            label="Parking",
            language="fr",
            success_url="",
            cancel_url="",
            expires_at=payment.valid_until,
        )
        page = await self.provider.open_checkout(wanted)
        opened = CheckoutOpened(offer_id=offer_id, checkout_ref=page.ref, expires_at=page.expires_at)
        await self.tell(session_id, opened)
        return page.ref

    async def pays(self, session_id: SessionId) -> str:
        """Asks for the price, pays it, and the webhook comes."""
        ref = await self.checkout(session_id)
        await self.provider.pay(ref)
        await self.webhooks()
        return ref

    async def tell(self, session_id: SessionId, message: PaymentTold | CheckoutOpened | ConfirmStay | UseCode) -> None:
        """A word for a session's mailbox."""
        await self.park.request(Address("session", session_id), message)
        await self.park.pass_time(1)

    async def webhooks(self, times: int = 1) -> None:
        """Deliver what the provider has sent since the last time, so many times each."""
        sent, self._delivered = self.provider.sent[self._delivered :], len(self.provider.sent)
        for body, signature in sent * times:
            word = self.provider.read_event(body, signature, self.park.clock.now())
            assert word is not None
            await self.park.request(Address("session", word.session_id), word.message)
        await self.park.pass_time(1)

    def lose_webhooks(self) -> None:
        """What was sent since the last time never comes."""
        self._delivered = len(self.provider.sent)

    def row(self, offer_id: OfferId) -> PaymentRow:
        """The stored payment of an offer."""
        [row] = [row for row in self.park.stores.payments() if row.id == UUID(offer_id)]
        return row

    def states(self) -> list[str]:
        """How far each payment is."""
        return [row.state for row in self.park.stores.payments()]

    def ledger(self) -> list[tuple[str, int]]:
        """What was booked."""
        return [(row.kind, row.amount_cents) for row in self.park.stores.ledger()]

    def booked(self) -> list[LedgerRow]:
        """What was booked, whole."""
        return list(self.park.stores.ledger())

    def alarms(self) -> list[str]:
        """What people are told."""
        return [alarm.kind.value for alarm in self.park.alarms()]

    def told(self) -> list[str]:
        """What people read besides of what stands wrong."""
        return [detail_of(alarm.kind, alarm.detail, Language.ENGLISH) for alarm in self.park.alarms()]
