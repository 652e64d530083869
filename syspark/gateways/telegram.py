"""People are told by a Telegram bot. Source: Telegram Bot API, "Making requests" and `sendMessage`.

Its address holds the bot's token, and the driver's exceptions hold the address: neither is ever logged or passed on.
"""

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

import aiohttp

from syspark.errors import Unavailable
from syspark.ports import MessageRefused

ANSWERS_WITHIN_S = 10.0
SET_UP_WRONG = {401: "it refuses TELEGRAM_BOT_TOKEN", 403: "the bot may not write there", 404: "no bot has this token"}
"""What a person has to mend; what waits meanwhile is sent then."""
MENDED_WITHIN_S = 60.0
LONGEST_PAUSE_S = 600.0


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: Mapping[str, Any]

    @property
    def says(self) -> str:
        """What it gives as its reason, without line breaks."""
        said = self.body.get("description")
        return " ".join(said[:200].split()) if isinstance(said, str) else ""

    @property
    def retry_after_s(self) -> float:
        """How long it wants to be left in peace, within reason; 0: it does not say."""
        asked = self.body.get("parameters")
        seconds = asked.get("retry_after") if isinstance(asked, Mapping) else None
        return min(float(seconds), LONGEST_PAUSE_S) if isinstance(seconds, int) and seconds > 0 else 0.0


class TelegramMessenger:
    """`syspark.ports.Messenger`, one connection pool for its life."""

    def __init__(self, session: aiohttp.ClientSession, base: str, token: str, chat: str) -> None:
        self._session = session
        self._root = f"{base.rstrip('/')}/bot{token}"
        self._chat = chat

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, base: str, token: str, chat: str) -> AsyncIterator[Self]:
        """A messenger for as long as the block lasts."""
        timeout = aiohttp.ClientTimeout(total=ANSWERS_WITHIN_S)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            yield cls(session, base, token, chat)

    async def send(self, text: str) -> None:
        """Send one message to the chat."""
        plain = {"chat_id": self._chat, "text": text, "link_preview_options": {"is_disabled": True}}
        answer = await self._asked("sendMessage", plain)
        if answer.status == 200 and answer.body.get("ok") is True:
            return
        if answer.status == 429:
            raise Unavailable("telegram", because="too many messages", delay_s=answer.retry_after_s or 30.0)
        if answer.status in SET_UP_WRONG:
            raise Unavailable("telegram", because=SET_UP_WRONG[answer.status], delay_s=MENDED_WITHIN_S)
        if answer.status == 400 and "chat not found" in answer.says.lower():
            raise Unavailable("telegram", because="TELEGRAM_CHAT_ID names no chat of the bot", delay_s=MENDED_WITHIN_S)
        if answer.status == 400:
            raise MessageRefused(f"Telegram refuses the message: {answer.says}")
        raise Unavailable("telegram", because=f"it answers {answer.status}")

    async def name(self) -> str | None:
        """The bot's own name; None when the token is refused. Raises `Unavailable`."""
        answer = await self._asked("getMe", {})
        if answer.status in {401, 404}:
            return None
        result = answer.body.get("result")
        name = result.get("username") if isinstance(result, Mapping) else None
        if answer.status != 200 or not isinstance(name, str) or not name.isprintable():
            raise Unavailable("telegram", because=f"it answers {answer.status}")
        return name[:64]

    async def _asked(self, method: str, body: Mapping[str, Any]) -> _Answer:
        try:
            async with self._session.post(f"{self._root}/{method}", json=body, allow_redirects=False) as response:
                answer = await response.json(content_type=None)
                return _Answer(response.status, answer if isinstance(answer, Mapping) else {})
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise Unavailable("telegram", because=f"it cannot be reached ({type(error).__name__})") from None
