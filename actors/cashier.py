"""Has the payment provider do what sessions have decided: one cashier of all, the holder of partition 0.

What it is to do was written with the decisions, under a key by which the provider does it once: after a crash it is
asked again. What the provider refuses for ever is told to the session, which calls a person. Source: docs/money.md.
"""

import logging
from typing import assert_never

import msgspec

from actors.tools import Tools
from syspark.domain.payment.messages import CheckoutEnded, OrderRefused, RefundTold
from syspark.domain.payment.order import ExpireCheckout, ProviderOrder, SendBack
from syspark.errors import Unavailable
from syspark.mailbox import row_of
from syspark.payment_ports import CheckoutState, PaymentProvider, PaymentRefused
from syspark.ports import PaymentStore
from syspark.rows import Address, Fence, InboxRow, OrderFate, ProviderOrderRow

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 2.0
AT_ONCE = 20
FIRST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 300.0

Told = CheckoutEnded | RefundTold | OrderRefused


class Cashier:
    """Runs for as long as partition 0 is held."""

    def __init__(self, fence: Fence, payments: PaymentStore, provider: PaymentProvider, tools: Tools) -> None:
        self._fence = fence
        self._payments = payments
        self._provider = provider
        self._tools = tools
        self._pause_s = FIRST_PAUSE_S

    async def run(self) -> None:
        """Look and do until cancelled."""
        while True:
            await self._tools.timers.sleep(await self.look())

    async def look(self) -> float:
        """Do what waits, oldest first; returns the seconds until the next look."""
        try:
            rows = await self._payments.orders(AT_ONCE)
            for row in rows:
                await self._settle(row)
        except Unavailable as error:
            pause_s = max(error.delay_s, self._pause_s)
            self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)
            return pause_s
        self._pause_s = FIRST_PAUSE_S
        return 0.0 if len(rows) == AT_ONCE else LOOK_EVERY_S

    async def _settle(self, row: ProviderOrderRow) -> None:
        fate, told = OrderFate.DONE, None
        try:
            told = await self._done(row)
        except PaymentRefused as error:
            logger.error("the payment provider will not do %s: %s", row.id, error)  # noqa: TRY400 - its text says it all
            fate, told = OrderFate.REFUSED, OrderRefused(order_id=row.id, why=str(error))
        except Unavailable:
            await self._payments.tried(self._fence, row.id)
            raise
        now = self._tools.clock.now()
        tell = self._row(row, told) if told is not None else None
        await self._payments.settle(self._fence, row.id, fate, now, tell)

    async def _done(self, row: ProviderOrderRow) -> Told | None:
        """What the session is told of an order that was done; None: it hears of the payment itself."""
        order = _decoder.decode(row.body)
        match order:
            case ExpireCheckout(offer_id=offer_id, checkout_ref=checkout_ref):
                state = await self._provider.expire_checkout(checkout_ref)
                return None if state is CheckoutState.COMPLETE else CheckoutEnded(offer_id=offer_id)
            case SendBack():
                return await self._sent_back(row, order)
            case _:
                assert_never(order)

    async def _sent_back(self, row: ProviderOrderRow, order: SendBack) -> RefundTold:
        metadata = {
            "organisation": str(row.scope.organisation_id),
            "site": str(row.scope.site_id),
            "session": row.session_id,
            "offer": order.offer_id,
        }
        made = await self._provider.refund(order.payment_ref, order.amount_cents, order.currency, order.id, metadata)
        return RefundTold(
            payment_ref=order.payment_ref,
            refund_ref=made.ref,
            amount_cents=made.amount_cents,
            currency=made.currency,
            means=self._provider.name,
            status=made.status,
        )

    def _row(self, row: ProviderOrderRow, told: Told) -> InboxRow:
        now = self._tools.clock.now()
        return row_of(self._tools.ids.new(), row.scope, Address("session", row.session_id), told, now)


_decoder: msgspec.json.Decoder[ProviderOrder] = msgspec.json.Decoder(ProviderOrder)
