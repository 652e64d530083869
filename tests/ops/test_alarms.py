"""A whole service tells people of an alarm, and keeps what it could not tell over its own end."""

import asyncio
import time
from collections.abc import Callable

import pytest

from tests.ops.service import Service
from tests.servers.telegram import CHAT, TOKEN, Telegram

pytestmark = pytest.mark.timeout(90)
WITHIN_S = 30.0


async def test_a_worker_tells_people_what_another_could_not(service: Service) -> None:
    async with Telegram().running() as telegram:
        settings = {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_CHAT_ID": CHAT, "TELEGRAM_API_BASE": telegram.base}
        telegram.broken()
        first = await asyncio.to_thread(lambda: service.start(**settings))
        await asyncio.to_thread(service.publish, "parking/sensor_gate/error", '{"code":"READ_FAIL","detail":"no echo"}')
        await reached(lambda: telegram.asked)
        first.kill()
        assert service.query("SELECT kind, about FROM alarm WHERE cleared_at IS NULL") == [
            ("sensor-fault", "sensor_gate")
        ]

        telegram.mended()
        second = await asyncio.to_thread(lambda: service.start(PUBLIC_URL="https://p.example", **settings))
        await reached(lambda: len(telegram.received))
        assert telegram.received[0].splitlines()[1] == "sensor_gate · READ_FAIL no echo"
        assert "https://p.example/alarms#a-" in telegram.received[0]

        await asyncio.to_thread(service.publish, "parking/sensor_gate/error", "OK")
        await reached(lambda: len(telegram.received) - 1)
        assert "terminée" in telegram.received[1]
        await reached(lambda: service.query("SELECT fate, count(*) FROM notice GROUP BY fate") == [("sent", 2)])
        second.terminate()


async def reached(number: Callable[[], int]) -> None:
    """Wait until a number is no longer 0."""
    until = time.monotonic() + WITHIN_S
    while not number():
        assert time.monotonic() < until
        await asyncio.sleep(0.05)
