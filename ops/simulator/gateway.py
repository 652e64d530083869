"""Posting what cameras and the weather client have to say to the service."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import aiohttp

from ops.simulator.camera import Post

logger = logging.getLogger(__name__)

WITHIN_S = 5.0
MOST_WAITING = 1000


@dataclass(frozen=True, slots=True)
class HttpAddress:
    """Where the service is, and each site's token; a site without one posts nothing."""

    base: str
    tokens: Mapping[str, str] = field(default_factory=dict, repr=False)


class Gateway:
    """Posts in order, one at a time; what cannot be posted is counted and dropped, as the gateway in the field does."""

    def __init__(self, address: HttpAddress) -> None:
        self._address = address
        self._waiting: asyncio.Queue[tuple[str, Post]] = asyncio.Queue(MOST_WAITING)
        self._session: aiohttp.ClientSession | None = None
        self._posting: asyncio.Task[None] | None = None
        self.accepted = 0
        self.refused = 0
        self.dropped = 0

    def post(self, site: str, post: Post) -> None:
        """Have something posted soon."""
        token = self._address.tokens.get(site)
        if token is None or self._waiting.full():
            self.dropped += token is not None
            return
        self._waiting.put_nowait((f"{self._address.base}/edge/{token}{post.path}", post))

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=WITHIN_S))
        self._posting = asyncio.create_task(self._run(self._session), name="camera gateways")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._posting is not None:
            self._posting.cancel()
            await asyncio.gather(self._posting, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def _run(self, session: aiohttp.ClientSession) -> None:
        told = False
        while True:
            url, post = await self._waiting.get()
            try:
                async with session.post(url, data=post.body, headers={"Content-Type": "application/json"}) as answer:
                    await answer.read()
                    fine = answer.status == 200
                self.accepted += fine
                self.refused += not fine
                told = False
            except (aiohttp.ClientError, TimeoutError) as error:
                self.dropped += 1
                if not told:  # without its address, which holds a token
                    logger.warning("cannot post to the service: %s", type(error).__name__)
                told = True
