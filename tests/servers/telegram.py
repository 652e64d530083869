"""A Telegram of the test's own on loopback: it knows one bot and one chat, and misbehaves as it is told to.

Its answers have the shape of the real ones. Source: Telegram Bot API, "Making requests".
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from syspark.ports import MESSAGE_AT_MOST

TOKEN = "123456:gate-bot-of-the-test"
CHAT = "-1001"


class Telegram:
    """The server; `received` are the texts it has taken, `failure` is what it answers instead."""

    def __init__(self) -> None:
        self.received: list[str] = []
        self.asked = 0
        self.failure: tuple[int, dict[str, Any]] | None = None
        self.hangs = False
        self._released = asyncio.Event()
        application = web.Application()
        application.router.add_route("*", "/bot{token}/getMe", self._get_me)
        application.router.add_post("/bot{token}/sendMessage", self._send_message)
        self._server = TestServer(application)

    @property
    def base(self) -> str:
        """Its address, as TELEGRAM_API_BASE."""
        return str(self._server.make_url("")).rstrip("/")

    def flooded(self, retry_after_s: int) -> None:
        """From now on: too many requests."""
        told = {"description": f"Too Many Requests: retry after {retry_after_s}"}
        self.failure = 429, {"ok": False, "error_code": 429, **told, "parameters": {"retry_after": retry_after_s}}

    def broken(self) -> None:
        """From now on: an answer that is no JSON."""
        self.failure = 500, {}

    def mended(self) -> None:
        """All is well again."""
        self.failure = None
        self.hangs = False

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["Telegram"]:
        """While the block lasts."""
        async with self._server:
            try:
                yield self
            finally:
                self._released.set()

    async def _get_me(self, request: web.Request) -> web.Response:
        if request.match_info["token"] != TOKEN:
            return _refusal(401, "Unauthorized")
        return web.json_response({"ok": True, "result": {"id": 1, "is_bot": True, "username": "gate_bot"}})

    async def _send_message(self, request: web.Request) -> web.Response:
        self.asked += 1
        if self.hangs:
            await self._released.wait()
        if self.failure is not None:
            status, body = self.failure
            return web.json_response(body, status=status) if body else web.Response(status=status, text="<html>")
        body = await request.json()
        if request.match_info["token"] != TOKEN:
            return _refusal(401, "Unauthorized")
        if body["chat_id"] != CHAT:
            return _refusal(400, "Bad Request: chat not found")
        if not body["text"] or len(body["text"]) > MESSAGE_AT_MOST:
            return _refusal(400, "Bad Request: message is too long" if body["text"] else "Bad Request: text is empty")
        self.received.append(body["text"])
        return web.json_response({"ok": True, "result": {"message_id": len(self.received), "text": body["text"]}})


def _refusal(status: int, description: str) -> web.Response:
    return web.json_response({"ok": False, "error_code": status, "description": description}, status=status)
