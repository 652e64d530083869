"""`syspark sandbox`."""

import click

from ops.address import ready_to_listen
from ops.cli.session import complete, load_settings
from ops.cli.staying import show, stay
from ops.running import ENDS_WITHIN_S, stop_on_signals
from ops.web import listen_from
from syspark.clock import SystemClock
from syspark.settings import Settings, SettingsError


@click.command()
@click.option("--port", default=8099, show_default=True, help="Port it listens on; the next free one is taken.")
@click.option(
    "--webhooks", default="http://127.0.0.1:8080", show_default=True, metavar="ORIGIN", help="Who is told of payments."
)
def sandbox(port: int, webhooks: str) -> None:
    """Run a payment provider to try out with, until Ctrl-C: no money moves.

    It answers as Stripe does, for processes that are given its address as STRIPE_API_BASE. What happened there is kept
    in SYSPARK_HOME. It takes a key that begins sk_test_ (STRIPE_API_KEY), or makes one, and never a real account's.
    """
    stay(_serve(complete(load_settings()), port, webhooks.rstrip("/")))


async def _serve(settings: Settings, port: int, webhooks: str) -> None:
    from ops.sandbox import opened_sandbox  # noqa: PLC0415 - it loads Stripe's library

    key, secret = settings.stripe_api_key, settings.stripe_webhook_secret
    if key is not None and not key.get_secret_value().startswith("sk_test_"):
        raise SettingsError("STRIPE_API_KEY", "does not begin sk_test_, and the sandbox takes no other", "unset it")
    opening = opened_sandbox(
        settings.syspark_home,
        SystemClock(),
        api_key=key.get_secret_value() if key is not None else None,
        webhook_secret=secret.get_secret_value() if secret is not None else None,
    )
    with stop_on_signals(ENDS_WITHIN_S) as stop:
        async with opening as opened, ready_to_listen(opened.alone()) as runner:
            opened.told_at = webhooks
            opened.pages_at = await listen_from(runner, settings.host, port, show)
            show(f"STRIPE_API_BASE={opened.pages_at}\nSTRIPE_API_KEY={opened.api_key}")
            show(f"STRIPE_WEBHOOK_SECRET={opened.webhook_secret}\nwebhooks go to {webhooks}")
            await stop.wait()
