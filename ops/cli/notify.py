"""`syspark notify`: whether people can be told of alarms."""

import click

from ops.cli.session import configure_logs, load_settings, run
from ops.messenger import opened_messenger
from syspark.errors import PermanentError
from syspark.settings import LogLevel, Settings


@click.group()
def notify() -> None:
    """Telling people of alarms outside the dashboard."""


@notify.command()
def test() -> None:
    """Send one message to TELEGRAM_CHAT_ID, and say what became of it. It touches neither database nor alarms."""
    settings = load_settings()
    configure_logs(settings, LogLevel.CRITICAL)
    run(_send(settings))
    click.echo(f"sent to {settings.telegram_chat_id}")


async def _send(settings: Settings) -> None:
    async with opened_messenger(settings) as messenger:
        if messenger is None:
            raise PermanentError("TELEGRAM_BOT_TOKEN and TELEGRAM_CHAT_ID are not set: nobody can be told")
        address = f"\n{settings.public_url}/alarms" if settings.public_url else ""
        await messenger.send(f"SysPark · test{address}")
