"""Who takes the money, by the settings: Stripe with a key, else a sandbox of this process, where it serves pages."""

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from syspark.clock import Clock
from syspark.payment_ports import PaymentProvider
from syspark.settings import Settings

if TYPE_CHECKING:
    from ops.sandbox import Sandbox

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Payments:
    """What takes payments."""

    provider: PaymentProvider | None = None
    sandbox: "Sandbox | None" = None

    def add_pages(self, app: web.Application) -> None:
        """Serve the sandbox's pages beside ours, where a phone reaches them."""
        if self.sandbox is not None:
            app.add_routes(self.sandbox.pages())

    def listening(self, address: str) -> None:
        """We listen there: the sandbox tells us of payments."""
        if self.sandbox is not None:
            self.sandbox.told_at = address


@asynccontextmanager
async def opened_payments(settings: Settings, clock: Clock, *, pages: bool) -> AsyncIterator[Payments]:
    """Who takes payments while the block lasts. Nobody does without a key where there are no pages, or where another
    process of this folder runs the sandbox already.
    """
    async with AsyncExitStack() as stack:
        yield await _opened(settings, clock, stack, pages=pages)


async def _opened(settings: Settings, clock: Clock, stack: AsyncExitStack, *, pages: bool) -> Payments:
    key, sandbox = settings.stripe_api_key, None
    if key is not None:
        secrets = (settings.stripe_webhook_secret, settings.stripe_webhook_secret_previous)
        given = [secret.get_secret_value() for secret in secrets if secret is not None]
        api_key, base = key.get_secret_value(), settings.stripe_api_base
    elif not pages:
        return Payments()
    else:
        # A third of a second: only where it is needed.
        from ops.sandbox import api_of, opened_sandbox  # noqa: PLC0415
        from ops.sandbox.book import InUseError  # noqa: PLC0415

        try:
            sandbox = await stack.enter_async_context(opened_sandbox(settings.syspark_home, clock))
        except (InUseError, OSError) as error:
            logger.warning("no payments here: the sandbox cannot keep its book (%s)", error)
            return Payments()
        api_key, given, base = (
            sandbox.api_key,
            [sandbox.webhook_secret],
            await stack.enter_async_context(api_of(sandbox)),
        )
    from syspark.gateways.stripe_payments import StripePayments  # noqa: PLC0415

    provider = StripePayments(api_key, given, base=base)
    stack.push_async_callback(provider.close)
    return Payments(provider, sandbox)
