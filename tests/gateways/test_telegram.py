"""Telegram's gateway: what it says of each answer, and that a token is in none of its words."""

from collections.abc import AsyncIterator

import pytest

from syspark.errors import Unavailable
from syspark.gateways import telegram as gateway
from syspark.gateways.telegram import TelegramMessenger
from syspark.ports import MessageRefused
from tests.servers.telegram import CHAT, TOKEN, Telegram


@pytest.fixture
async def telegram() -> AsyncIterator[Telegram]:
    """A Telegram on loopback."""
    async with Telegram().running() as running:
        yield running


async def sent(base: str, text: str = "hello", token: str = TOKEN, chat: str = CHAT) -> None:
    """One message by a messenger of its own."""
    async with TelegramMessenger.open(base, token, chat) as messenger:
        await messenger.send(text)


async def test_a_message_arrives_as_it_is(telegram: Telegram) -> None:
    await sent(telegram.base, "URGENT · Lyon <b>& co</b>\nhttps://x.example/alarms")
    assert telegram.received == ["URGENT · Lyon <b>& co</b>\nhttps://x.example/alarms"]


async def test_who_is_told_to_wait_says_how_long(telegram: Telegram) -> None:
    telegram.flooded(17)
    with pytest.raises(Unavailable) as told:
        await sent(telegram.base)
    assert told.value.delay_s == 17


async def test_what_is_broken_away_or_silent_is_unavailable(
    telegram: Telegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    telegram.broken()
    with pytest.raises(Unavailable):
        await sent(telegram.base)
    with pytest.raises(Unavailable):
        await sent("http://127.0.0.1:1")
    monkeypatch.setattr(gateway, "ANSWERS_WITHIN_S", 0.05)
    telegram.mended()
    telegram.hangs = True
    with pytest.raises(Unavailable):
        await sent(telegram.base)


@pytest.mark.parametrize(("token", "chat"), [("1:wrong", CHAT), (TOKEN, "-1")])
async def test_a_wrong_token_or_chat_is_for_a_person_to_mend_and_loses_nothing(
    telegram: Telegram, token: str, chat: str
) -> None:
    with pytest.raises(Unavailable) as told:
        await sent(telegram.base, token=token, chat=chat)
    assert told.value.delay_s == 60
    assert token not in str(told.value)


async def test_a_message_that_can_never_be_sent_is_refused(telegram: Telegram) -> None:
    with pytest.raises(MessageRefused, match="text is empty"):
        await sent(telegram.base, "")
