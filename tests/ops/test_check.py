"""`syspark check`: each dependency called for real, told in a line, and no secret in any of them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from click.testing import CliRunner, Result

from ops.cli.probes import Finding, probe_all
from ops.cli.root import cli
from syspark.settings import Settings
from tests.ops.conftest import Command
from tests.ops.service import Service
from tests.servers import telegram as bot
from tests.servers.telegram import Telegram

pytestmark = pytest.mark.timeout(60)

KEY, TOKEN = "sk_test_key0of0the0tests", "123456:token-of-the-tests"
Paid = Callable[..., Settings]


@pytest.fixture
async def world() -> AsyncIterator[TestServer]:
    """A Stripe and a Telegram that know one key each."""

    async def pages(request: web.Request) -> web.Response:
        if request.headers["Authorization"] != f"Bearer {KEY}":
            return web.json_response({"error": {"message": f"Invalid API Key: {KEY}"}}, status=401)
        return web.json_response({"object": "list", "data": [], "has_more": False, "url": request.path})

    async def get_me(request: web.Request) -> web.Response:
        if request.match_info["token"] != TOKEN:
            return web.json_response({"ok": False, "error_code": 401, "description": "Unauthorized"}, status=401)
        return web.json_response({"ok": True, "result": {"id": 1, "is_bot": True, "username": "gate_bot"}})

    application = web.Application()
    application.router.add_get("/v1/checkout/sessions", pages)
    application.router.add_post("/bot{token}/getMe", get_me)
    server = TestServer(application)
    async with server:
        yield server


@pytest.fixture
def settings(tmp_path: Path) -> Paid:
    """Makes settings whose Stripe and Telegram are at an address."""

    def make(base: str, key: str = KEY, token: str = TOKEN) -> Settings:
        return Settings.load(
            {
                "SYSPARK_HOME": str(tmp_path),
                "STRIPE_API_KEY": key,
                "STRIPE_WEBHOOK_SECRET": "whsec_test",
                "STRIPE_API_BASE": base,
                "TELEGRAM_BOT_TOKEN": token,
                "TELEGRAM_CHAT_ID": "1",
                "TELEGRAM_API_BASE": base,
            }
        )

    return make


async def paid(settings: Settings) -> list[Finding]:
    """What is found of Stripe and Telegram."""
    findings = await probe_all(settings)
    assert not any(secret in finding.says for finding in findings for secret in (KEY, TOKEN))
    return [finding for finding in findings if finding.what in {"Stripe", "Telegram"}]


async def test_keys_that_are_right(world: TestServer, settings: Paid) -> None:
    assert await paid(settings(str(world.make_url("")).rstrip("/"))) == [
        Finding("Stripe", fine=True, says="reached, in test mode"),
        Finding("Telegram", fine=True, says="reached, the bot is @gate_bot; `syspark notify test` sends a message"),
    ]


async def test_keys_that_are_refused(world: TestServer, settings: Paid) -> None:
    base = str(world.make_url("")).rstrip("/")
    assert await paid(settings(base, key="sk_test_wrong", token="1:wrong")) == [
        Finding("Stripe", fine=False, says=f"{base}: payments unavailable: it refuses STRIPE_API_KEY"),
        Finding("Telegram", fine=False, says="it refuses TELEGRAM_BOT_TOKEN"),
    ]


async def test_services_that_are_away(settings: Paid) -> None:
    stripe, telegram = await paid(settings("http://127.0.0.1:1"))
    assert (stripe.fine, stripe.says) == (False, "http://127.0.0.1:1: payments unavailable: it cannot be reached")
    assert (telegram.fine, telegram.says) == (
        False,
        "http://127.0.0.1:1: telegram unavailable: it cannot be reached (ClientConnectorError)",
    )


def test_all_is_well(service: Service) -> None:
    told = service.ask("check")
    assert told.exit_code == 0, told.output
    lines = told.output.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["fine", what] for what in ("settings", "database", "broker", "Stripe", "Telegram")
    ]
    assert "reached, its schema is this release's" in lines[1]
    assert f"127.0.0.1 port {service.port}: connected" in lines[2]
    assert "STRIPE_API_KEY is not set: the sandbox takes payments" in lines[3]


def test_what_is_wrong_is_named_and_the_rest_still_looked_at(service: Service, command: Command) -> None:
    environment = service.environment | {
        "DATABASE_URL": "postgresql://me:a-secret-password@127.0.0.1:1/none",
        "MQTT_PORT": "1",
        "MQTT_SECRET": "",
    }
    told = command("check", env=environment)
    assert told.exit_code == 1
    assert "WRONG  database  database unavailable: nothing listens there\n" in told.output
    assert "WRONG  broker    127.0.0.1 port 1: broker unavailable: Connection refused\n" in told.output
    assert "a-secret-password" not in told.output
    assert len(told.output.splitlines()) == 5


def test_a_missing_secret_is_said(service: Service, command: Command) -> None:
    told = command("check", env=service.environment | {"MQTT_SECRET": ""})
    assert told.exit_code == 1
    assert "MQTT_SECRET is not set: messages of the default site that need it are rejected" in told.output


def test_a_wrong_number_of_partitions_is_said(service: Service, command: Command) -> None:
    told = command("check", env=service.environment | {"SYSPARK_PARTITIONS": "8"})
    assert told.exit_code == 1
    assert "it was made for 1 partitions, SYSPARK_PARTITIONS is 8" in told.output


def test_a_wrong_setting_is_a_failed_check(command: Command) -> None:
    told = command("check", env={"MQTT_PORT": "a-secret-typed-here"})
    assert told.exit_code == 1
    assert told.output.startswith("WRONG  settings  MQTT_PORT is not a whole number from 1 to 65535")
    assert "a-secret-typed-here" not in told.output


async def test_a_message_is_sent_to_the_chat_or_what_is_wrong_is_said() -> None:
    async with Telegram().running() as telegram:
        env = {"TELEGRAM_BOT_TOKEN": bot.TOKEN, "TELEGRAM_CHAT_ID": bot.CHAT, "TELEGRAM_API_BASE": telegram.base}

        async def tested(**changes: str) -> Result:
            runner = CliRunner()
            return await asyncio.to_thread(runner.invoke, cli, ["notify", "test"], env={**env, **changes})

        told = await tested(PUBLIC_URL="https://p.example")
        assert (told.exit_code, told.output) == (0, f"sent to {bot.CHAT}\n")
        assert telegram.received == ["SysPark · test\nhttps://p.example/alarms"]

        wrong = await tested(TELEGRAM_CHAT_ID="-5")
        assert wrong.exit_code == 1
        assert "TELEGRAM_CHAT_ID names no chat of the bot" in wrong.output
