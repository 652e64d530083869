"""Passwords, checked away from the loop, four at once at most: each takes 64 MiB and tens of milliseconds."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from aiohttp import web
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

T = TypeVar("T")

AT_ONCE = 4
LONGEST = 1024
WAITING = 64
"""Checks that may wait for their turn; a flood beyond is told to come back."""


class TooBusyError(Exception):
    """So many passwords are being checked that this one is not."""


class Passwords:
    """Hashes and verifies with Argon2id (RFC 9106, second recommended option)."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="argon2")
        self._under_way = 0
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        """The hash to store. Raises `TooBusyError`."""
        return await self._run(self._hasher.hash, password)

    async def matches(self, stored: str | None, password: str) -> bool:
        """Whether this is the password of a stored hash; False for None, in the same time. Raises `TooBusyError`."""
        compared = stored or self._nobody or await self.prepare()
        matched = await self._run(self._verify, compared, password[:LONGEST])
        return matched and stored is not None

    async def prepare(self) -> str:
        """Make what an unknown user's password is compared with, so that both answers take as long."""
        self._nobody = await self.hash("nobody's password")
        return self._nobody

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=True)

    async def _run(self, work: Callable[..., T], *arguments: str) -> T:
        if self._under_way >= WAITING:
            raise TooBusyError
        self._under_way += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)
        finally:
            self._under_way -= 1

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password.encode(errors="surrogatepass"))
        except (Argon2Error, InvalidHashError):
            return False


PASSWORDS = web.AppKey("passwords", Passwords)


async def kept(app: web.Application) -> AsyncIterator[None]:
    """The threads, for as long as the application lives."""
    try:
        await app[PASSWORDS].prepare()
        yield
    finally:
        app[PASSWORDS].close()
