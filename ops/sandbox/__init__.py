"""A payment provider to try out with: Stripe's own library talks to it as to Stripe, and no money moves.

Its API is for this machine alone, its pages are for phones. It takes no key of a real account, and runs only where no
key is set, or by itself (`syspark sandbox`).
"""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from urllib.parse import urlsplit

import stripe
from aiohttp import web

from ops.address import listen, ready_to_listen
from ops.running import beside
from ops.sandbox.api import LONGEST_BODY, Api
from ops.sandbox.book import Book
from ops.sandbox.page import PAGES, HostedPage
from ops.sandbox.till import Till
from ops.sandbox.webhooks import Webhooks
from syspark.clock import Clock

BOOK = "sandbox.jsonl"
WEBHOOK_PATH = "/api/stripe_webhook"


@dataclass
class Sandbox:
    """A running one. `told_at` is the origin whose webhook route hears of payments; None: nobody listens yet."""

    till: Till
    api_key: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    told_at: str | None = None
    pages_at: str | None = None

    def page(self, success_url: str) -> str:
        """Where pages are for who comes back there: on our listener as their phone reaches it, or our own."""
        parts = urlsplit(success_url)
        return f"{self.pages_at or f'{parts.scheme}://{parts.netloc}'}{PAGES}"

    def pages(self) -> list[web.RouteDef]:
        """Its pages."""
        return HostedPage(self.till).routes()

    def api(self) -> web.Application:
        """Its API."""
        app = web.Application(client_max_size=LONGEST_BODY)
        app.add_routes(Api(self.till, self.api_key, self.page).routes())
        return app

    def alone(self) -> web.Application:
        """API and pages on one listener, with what the pages are dressed in."""
        app = self.api()
        app.add_routes(self.pages())
        app.router.add_static("/static", Path(str(resources.files("web").joinpath("static"))))
        return app


@asynccontextmanager
async def opened_sandbox(
    home: Path, clock: Clock, *, api_key: str | None = None, webhook_secret: str | None = None
) -> AsyncIterator[Sandbox]:
    """A sandbox whose book is in this folder; its webhooks are sent while the block lasts.

    Raises `InUseError` while another process has the book, `OSError` when it cannot be written.
    """
    book = Book(home / BOOK, clock.now())
    try:
        sandbox = Sandbox(
            till=Till(book, clock),
            api_key=api_key or f"sk_test_{secrets.token_hex(24)}",
            webhook_secret=webhook_secret or f"whsec_{secrets.token_hex(24)}",
        )

        def sign(body: str, at: int) -> str:
            return str(stripe.WebhookSignature.generate_signature_header(body, sandbox.webhook_secret, at))

        def url() -> str | None:
            return None if sandbox.told_at is None else sandbox.told_at + WEBHOOK_PATH

        async with beside(Webhooks(sandbox.till, clock, sign, url).run(), "sandbox webhooks"):
            yield sandbox
    finally:
        book.close()


@asynccontextmanager
async def api_of(sandbox: Sandbox) -> AsyncIterator[str]:
    """Its API on a port of this machine alone; gives its address."""
    async with ready_to_listen(sandbox.api()) as runner:
        address = await listen(runner, "127.0.0.1", 0, "STRIPE_API_BASE")
        assert address is not None
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
