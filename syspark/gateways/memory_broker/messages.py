"""Messages, who is to have them, and what a plain subscriber has received."""

import asyncio
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Message:
    """A message at the broker. `expires_at` is a time of the clock's monotonic seconds, `publisher` the client
    id of a connection.
    """

    topic: str
    payload: bytes
    qos: int
    retained: bool = False
    expires_at: float | None = None
    publisher: str | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a filter is heard at, and whether the client's own messages are."""

    qos: int
    own: bool

    def takes(self, message: Message, client_id: str) -> bool:
        """Whether a message is for this client at all."""
        return self.own or message.publisher != client_id


class Watcher:
    """A plain subscriber outside the system: what it has received, in order."""

    def __init__(self, topic_filter: str) -> None:
        self.topic_filter = topic_filter
        self.received: list[Message] = []
        self._asked = 0
        self._news = asyncio.Event()

    async def next(self) -> Message:
        """The next message not yet asked for, once it is there."""
        while self._asked == len(self.received):
            self._news.clear()
            await self._news.wait()
        self._asked += 1
        return self.received[self._asked - 1]

    def drained(self) -> list[Message]:
        """What has been received, which is forgotten: of days of traffic nobody could keep it all."""
        if not self.received:
            return []
        received, self.received, self._asked = self.received, [], 0
        return received

    def take(self, message: Message) -> None:
        """Receive a message."""
        self.received.append(message)
        self._news.set()


@lru_cache(maxsize=4096)
def matches(topic_filter: str, topic: str) -> bool:
    """Whether a topic falls under a filter; a filter beginning with a wildcard leaves `$` topics out (MQTT 4.7.2)."""
    wanted, given = topic_filter.split("/"), topic.split("/")
    if topic.startswith("$") and wanted[0] in ("+", "#"):
        return False
    if wanted[-1] == "#":
        wanted = wanted[:-1]
        given = given[: len(wanted)] if len(given) >= len(wanted) else given
    return len(wanted) == len(given) and all(part in ("+", level) for part, level in zip(wanted, given, strict=True))
