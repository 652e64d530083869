"""An actor that writes down what happens to it."""

from __future__ import annotations

import asyncio
from typing import Any

from actors.runtime import AsyncioActor


class Recorder(AsyncioActor):
    """Writes down what happens to it; ``("wait", future)`` is handled by a coroutine, an exception is raised."""

    mailbox_limit = 5

    def __init__(self, seen: list[Any]) -> None:
        super().__init__()
        self.seen = seen
        self.level = 0

    def on_receive(self, message: Any) -> Any:
        if isinstance(message, Exception):
            raise message
        if isinstance(message, tuple):
            return self.waits(message[1])
        self.seen.append(message)
        return message

    async def waits(self, gate: asyncio.Future[Any]) -> Any:
        self.seen.append("waits")
        self.seen.append(await gate)
        return self.seen[-1]

    def on_stop(self) -> None:
        self.seen.append("on_stop")

    def on_failure(self, exception_type: Any, exception_value: Any, traceback: Any) -> None:
        self.seen.append(f"on_failure {exception_value}")

    def double(self, number: int) -> int:
        return 2 * number
