"""Reads by key, of which those asked for at the same time share a statement."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeVar

from syspark.persistence.postgres.database import Database

K = TypeVar("K")
V = TypeVar("V")

Read = Callable[[Sequence[K]], Awaitable[Mapping[K, V]]]
"""Reads what stands under these keys; a key without anything is left out. Raises `Unavailable`."""


class Lookup(Generic[K, V]):
    """Gathers what is asked for while the last read is under way.

    No timer: a lone question is read at once. Each of many actors asks for one row of its own; a round trip for each
    would cost more than deciding.
    """

    def __init__(self, database: Database, name: str, read: Read[K, V]) -> None:
        self._database = database
        self._name = name
        self._read = read
        self._asked: list[tuple[K, asyncio.Future[V | None]]] = []
        self._reading = False
        self._reader: asyncio.Task[None] | None = None

    async def get(self, key: K) -> V | None:
        """What stands under a key. Raises `Unavailable`."""
        answer: asyncio.Future[V | None] = asyncio.get_running_loop().create_future()
        self._asked.append((key, answer))
        if not self._reading:
            self._reading = True
            self._reader = self._database.begin(self._read_on(), self._name)
        return await answer

    async def _read_on(self) -> None:
        try:
            while self._asked:
                asked, self._asked = self._asked, []
                await self._answer(asked)
        finally:
            self._reading = False

    async def _answer(self, asked: Sequence[tuple[K, asyncio.Future[V | None]]]) -> None:
        try:
            found = await self._read([key for key, _ in asked])
        except Exception as error:  # noqa: BLE001 - each who asked hears of it, and none waits for ever
            for _, answer in asked:
                if not answer.done():
                    answer.set_exception(error)
            return
        for key, answer in asked:
            if not answer.done():
                answer.set_result(found.get(key))
