"""A messenger for tests."""

import asyncio


class Phone:
    """A messenger that remembers what it was given, and fails as it is told to."""

    def __init__(self) -> None:
        self.received: list[str] = []
        self.tried = 0
        self.failure: Exception | None = None
        self.hangs = False

    async def send(self, text: str) -> None:
        """Take a message."""
        self.tried += 1
        if self.hangs:
            await asyncio.Event().wait()
        if self.failure is not None:
            raise self.failure
        self.received.append(text)
