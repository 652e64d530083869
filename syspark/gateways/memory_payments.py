"""A payment provider in memory that keeps the promises of `syspark.payment_ports`, with hands for payers and faults.

For tests and for the developers' harness; it passes the same contract suite as Stripe's gateway.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from syspark.clock import Clock
from syspark.domain.payment.messages import (
    CheckoutEnded,
    DisputeTold,
    PaymentFailed,
    PaymentTold,
    ProviderTold,
    RefundTold,
)
from syspark.domain.payment.payment import DisputeStatus, Means, RefundStatus
from syspark.domain.units import Cents, OfferId
from syspark.errors import Unavailable
from syspark.payment_ports import (
    Checkout,
    CheckoutState,
    CheckoutWanted,
    PaymentRefused,
    ProviderRefund,
    ProviderWord,
    SignatureRefused,
)

LEAST_CENTS = 50
SIGNED = "signed"
_LONGER_THAN_AN_OFFER = timedelta(minutes=30)


class _Page(msgspec.Struct):
    """A checkout with what became of it; `back_cents` went back, or was taken by a dispute."""

    wanted: CheckoutWanted
    shown: Checkout
    made_at: datetime
    state: CheckoutState = CheckoutState.OPEN
    payment_ref: str | None = None
    back_cents: int = 0
    disputed: bool = False


class MemoryPayments:
    """`syspark.payment_ports.PaymentProvider`. `sent` are its webhooks, which whoever tests delivers, or does not."""

    name = Means.SANDBOX
    live = False

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._pages: dict[str, _Page] = {}
        self._refunds: dict[str, ProviderRefund] = {}
        self._listed: list[ProviderWord] = []
        self._events: dict[bytes, ProviderWord] = {}
        self._away = False
        self.sent: list[tuple[bytes, str]] = []

    def go_away(self) -> None:
        """From now on nothing is answered."""
        self._away = True

    def come_back(self) -> None:
        """Answer again."""
        self._away = False

    async def open_checkout(self, wanted: CheckoutWanted) -> Checkout:
        """Open a page, once for each offer."""
        self._require_reachable()
        if wanted.amount_cents < LEAST_CENTS:
            raise PaymentRefused("amount_too_small")
        ref = f"cs_{wanted.offer_id}"
        if ref not in self._pages:
            expires_at = wanted.expires_at + _LONGER_THAN_AN_OFFER
            shown = Checkout(ref=ref, url=f"https://pay.invalid/{ref}", expires_at=expires_at)
            self._pages[ref] = _Page(wanted, shown, self._clock.now())
        page = self._pages[ref]
        if (page.wanted.amount_cents, page.wanted.currency) != (wanted.amount_cents, wanted.currency):
            raise PaymentRefused("the offer was of another amount")
        return page.shown

    async def expire_checkout(self, ref: str) -> CheckoutState:
        """End a page that was not paid."""
        self._require_reachable()
        page = self._page(ref)
        if page.state is CheckoutState.OPEN:
            page.state = CheckoutState.EXPIRED
            self._tell(page, CheckoutEnded(offer_id=OfferId(page.wanted.offer_id)), f"{ref}:expired")
        return page.state

    async def refund(
        self, payment_ref: str, amount_cents: Cents, currency: str, key: str, metadata: Mapping[str, str]
    ) -> ProviderRefund:
        """Give money back, once for each key."""
        self._require_reachable()
        if key not in self._refunds:
            self._refunds[key] = self._give_back(self._paid(payment_ref), amount_cents)
        return self._refunds[key]

    async def told_since(self, since: datetime) -> AsyncIterator[ProviderWord]:
        """Everything that was told."""
        self._require_reachable()
        for word in list(self._listed):
            if word.at >= since:
                yield word

    def read_event(self, body: bytes, signature: str, now: datetime) -> ProviderWord | None:
        """What a webhook of ours tells."""
        if signature != SIGNED or body not in self._events:
            raise SignatureRefused("not signed by us")
        return self._events[body]

    async def probe(self) -> None:
        """Answer, or not."""
        self._require_reachable()

    async def close(self) -> None:
        """There is nothing to end."""

    async def pay(self, ref: str) -> None:
        """A driver pays at a page, if it can be paid."""
        page = self._page(ref)
        if page.state is not CheckoutState.OPEN:
            return
        page.state, page.payment_ref = CheckoutState.COMPLETE, f"pi_{page.wanted.offer_id}"
        told = PaymentTold(
            offer_id=OfferId(page.wanted.offer_id),
            checkout_ref=ref,
            payment_ref=page.payment_ref,
            amount_cents=page.wanted.amount_cents,
            currency=page.wanted.currency,
            means=Means.SANDBOX,
            paid_at=self._clock.now(),
        )
        self._tell(page, told, f"{ref}:paid")

    async def decline(self, ref: str) -> None:
        """A driver's card is refused at a page."""
        page = self._page(ref)
        failed = PaymentFailed(offer_id=OfferId(page.wanted.offer_id), why="card_declined")
        self._tell(page, failed, f"{ref}:failed", listed=False)

    async def contest(self, ref: str, status: DisputeStatus = DisputeStatus.OPEN) -> None:
        """A payer contests a payment, or the dispute goes on."""
        page = self._page(ref)
        page.disputed = True
        told = DisputeTold(
            payment_ref=page.payment_ref or "",
            dispute_ref=f"dp_{page.wanted.offer_id}",
            amount_cents=page.wanted.amount_cents,
            currency=page.wanted.currency,
            means=Means.SANDBOX,
            status=status,
        )
        self._tell(page, told, f"{ref}:dispute:{status}")

    async def give_back(self, ref: str) -> None:
        """A person at the provider's desk gives all of a payment back."""
        self._give_back(self._page(ref), Cents(self._page(ref).wanted.amount_cents))

    def _give_back(self, page: _Page, cents: Cents) -> ProviderRefund:
        if page.disputed or page.back_cents + cents > page.wanted.amount_cents:
            raise PaymentRefused("more than is left of this payment")
        made = ProviderRefund(
            ref=f"re_{page.wanted.offer_id}_{page.back_cents}",
            payment_ref=page.payment_ref or "",
            amount_cents=cents,
            currency=page.wanted.currency,
            status=RefundStatus.SUCCEEDED,
            at=self._clock.now(),
        )
        page.back_cents += cents
        told = RefundTold(
            payment_ref=made.payment_ref,
            refund_ref=made.ref,
            amount_cents=cents,
            currency=made.currency,
            means=Means.SANDBOX,
            status=RefundStatus.SUCCEEDED,
        )
        self._tell(page, told, made.ref)
        return made

    def _tell(self, page: _Page, message: ProviderTold, what: str, *, listed: bool = True) -> None:
        event_id = f"sandbox:{what}"
        word = ProviderWord(
            organisation_id=page.wanted.organisation_id,
            site_id=page.wanted.site_id,
            session_id=page.wanted.session_id,
            event_id=f"{event_id}:listed",
            at=self._clock.now(),
            message=message,
        )
        if listed:
            self._listed.append(word)
        body = f"{event_id}:{len(self.sent)}".encode()
        self._events[body] = replace(word, event_id=body.decode())
        self.sent.append((body, SIGNED))

    def _page(self, ref: str) -> _Page:
        if ref not in self._pages:
            raise PaymentRefused("no such page")
        return self._pages[ref]

    def _paid(self, payment_ref: str) -> _Page:
        found = next((page for page in self._pages.values() if page.payment_ref == payment_ref), None)
        if found is None:
            raise PaymentRefused("no such payment")
        return found

    def _require_reachable(self) -> None:
        if self._away:
            raise Unavailable("payments", because="it was told to go away")
