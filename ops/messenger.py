"""The messenger of the settings: the one way `check`, `notify test` and the worker tell people something."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from syspark.gateways.telegram import TelegramMessenger
from syspark.settings import Settings


@asynccontextmanager
async def opened_messenger(settings: Settings) -> AsyncIterator[TelegramMessenger | None]:
    """Telegram, while the block lasts; None when it is not set up."""
    token, chat = settings.telegram_bot_token, settings.telegram_chat_id
    if token is None or chat is None:
        yield None
        return
    async with TelegramMessenger.open(settings.telegram_api_base, token.get_secret_value(), chat) as messenger:
        yield messenger
