"""What the suite needs beside the port: the hands of a payer, of their bank, and of a person at the provider's desk."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol
from uuid import UUID

from aiohttp import web
from aiohttp.test_utils import TestServer

from ops.sandbox import Sandbox, api_of, opened_sandbox
from ops.sandbox.till import Delivery
from syspark.clock import SystemClock
from syspark.domain.units import Cents, OfferId, SessionId, SiteId
from syspark.gateways.memory_payments import MemoryPayments
from syspark.gateways.stripe_payments import StripePayments
from syspark.payment_ports import CheckoutWanted, PaymentProvider, PaymentWord, ProviderWord
from tests.servers.waiting import eventually

ORGANISATION = UUID("018f0000-0000-7000-8000-000000000001")
SESSION = SessionId("018f0000-0000-7000-8000-0000000000aa")


def wanted(number: int = 1, cents: int = 1250, **changes: object) -> CheckoutWanted:
    """A page for an offer of its own."""
    values: dict[str, object] = {
        "offer_id": OfferId(f"018f0000-0000-7000-8000-0000000001{number:02}"),
        "session_id": SESSION,
        "site_id": SiteId("default"),
        "organisation_id": ORGANISATION,
        "amount_cents": Cents(cents),
        "currency": "EUR",
        "label": "Parking, 6 h 41",
        "language": "fr",
        "success_url": "https://parking.example.org/pay/s/token",
        "cancel_url": "https://parking.example.org/pay/s/token?left",
        "expires_at": datetime.now(UTC) + timedelta(minutes=10),
    }
    return CheckoutWanted(**{**values, **changes})  # type: ignore[arg-type]


class Bench(Protocol):
    """One kind of provider, without any payment yet."""

    @property
    def provider(self) -> PaymentProvider:
        """What the service asks."""

    async def pay(self, ref: str) -> None:
        """The driver pays at a page."""

    async def decline(self, ref: str) -> None:
        """The driver's card is refused there."""

    async def contest(self, ref: str) -> None:
        """The payer contests."""

    async def give_back(self, ref: str) -> None:
        """A person at the provider's desk gives the money back."""

    async def told(self, count: int) -> list[ProviderWord | PaymentWord]:
        """What the webhooks sent so far tell, once there are so many; each is read as the service would."""


class SandboxBench:
    """Stripe's own library, over HTTP, before our sandbox."""

    def __init__(self, sandbox: Sandbox, provider: StripePayments, sent: list[tuple[bytes, str]]) -> None:
        self.sandbox, self.provider, self.sent = sandbox, provider, sent

    @classmethod
    @asynccontextmanager
    async def opened(cls, home: Path) -> AsyncIterator["SandboxBench"]:
        """One whose webhooks are taken."""
        sent: list[tuple[bytes, str]] = []

        async def take(request: web.Request) -> web.Response:
            sent.append((await request.read(), request.headers["Stripe-Signature"]))
            return web.Response()

        app = web.Application()
        app.router.add_post("/api/stripe_webhook", take)
        async with TestServer(app) as server, opened_sandbox(home, SystemClock()) as sandbox, api_of(sandbox) as base:
            sandbox.told_at = str(server.make_url("")).rstrip("/")
            provider = StripePayments(sandbox.api_key, [sandbox.webhook_secret], base=base)
            try:
                yield cls(sandbox, provider, sent)
            finally:
                await provider.close()

    async def pay(self, ref: str, how: Delivery = Delivery.AT_ONCE) -> None:
        """At the page."""
        await self.sandbox.till.pay(self._session(ref), how)

    async def decline(self, ref: str) -> None:
        """At the page."""
        await self.sandbox.till.decline(self._session(ref))

    async def contest(self, ref: str) -> None:
        """By the page."""
        await self.sandbox.till.contest(self._session(ref))

    async def give_back(self, ref: str) -> None:
        """By the page."""
        await self.sandbox.till.give_back(self._session(ref))

    async def told(self, count: int) -> list[ProviderWord | PaymentWord]:
        """By the webhooks."""
        await eventually(lambda: len(self.sent) >= count, f"{count} webhooks")
        now = datetime.now(UTC)
        words = [self.provider.read_event(body, signature, now) for body, signature in self.sent]
        return [word for word in words if word is not None]

    def _session(self, ref: str) -> dict[str, object]:
        found = self.sandbox.till.book.get(ref, "checkout.session")
        assert found is not None
        return found


class MemoryBench:
    """The provider of the developers' harness."""

    def __init__(self) -> None:
        self._memory = MemoryPayments(SystemClock())
        self.provider: PaymentProvider = self._memory
        self.pay = self._memory.pay
        self.decline = self._memory.decline
        self.contest = self._memory.contest
        self.give_back = self._memory.give_back

    async def told(self, count: int) -> list[ProviderWord | PaymentWord]:
        """By the webhooks."""
        assert len(self._memory.sent) >= count
        words = [self.provider.read_event(body, signature, datetime.now(UTC)) for body, signature in self._memory.sent]
        return [word for word in words if word is not None]
