"""The service of a trial: a worker beside the field, in a process of its own, on the field's clock.

Two processes, because two can use two cores: a field that hurries keeps each of them busy. Source: decision record 11.
"""

import asyncio
import contextlib
import logging
import os
import ssl
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, TypeVar

from actors.ownership import LEASE_S
from ops import database
from ops.name_lock import holders
from ops.simulator.line import BrokerAddress
from ops.simulator.sessions import backlog
from ops.trial_clock import refuse_servers_elsewhere
from ops.welcome import Tell
from syspark.clock import ScaledClock
from syspark.errors import PermanentError
from syspark.persistence.admin import Administration
from syspark.persistence.postgres.database import Database
from syspark.settings import Settings

logger = logging.getLogger(__name__)

T = TypeVar("T")

STEP = "==> "
READY = b"==> ready"
READY_WITHIN_S = 90.0
ENDS_WITHIN_S = 60.0
LOOK_EVERY_S = 0.5
CATCHES_UP_WITHIN_S, CATCH_UP_LOOK_S = 60.0, 0.1
ALWAYS = 25
"""Messages that wait at any moment for the broker's answer, or to be decided, where all keep up."""


class HeldError(PermanentError):
    """A worker is at work already where the trial's own was to be."""


class Service:
    """A trial's worker in a process of its own, where it is at work, and what is done to it."""

    def __init__(self, clock: ScaledClock, settings: Settings, tell: Tell) -> None:
        self._clock = clock
        self._settings = settings
        self._tell = tell
        self._process: Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._to_be_up = asyncio.Event()
        self.database_url = ""
        self.broker = BrokerAddress()

    async def start(self) -> None:
        """Start it, and return once it is in use. Raises `PermanentError` when it does not come up."""
        self._process = process = await asyncio.create_subprocess_exec(
            # -P: of this installation, not of the folder the command was given in
            *(sys.executable, "-P", "-m", "ops.cli", "worker", "--clock", str(self._clock)),
            env={"LOG_LEVEL": "WARNING", **os.environ, "LOG_FORMAT": "console"},
            stdin=DEVNULL,
            stdout=PIPE,
            # A Ctrl-C is the field's to hear: its cars end first, and what they led to is compared.
            start_new_session=True,
        )
        await _until_ready(process, self._tell)
        self._reading = asyncio.create_task(_read_on(process), name="the trial's service")
        self._to_be_up.set()
        settings = self._settings
        if settings.database_url is not None:
            self.database_url = settings.database_url.get_secret_value()
        else:
            self.database_url = await database.running(settings.syspark_home)
        self.broker = _broker(settings)

    async def catch_up(self, untold: Callable[[], int]) -> None:
        """Return once it has worked off what waited for it, as part of the time it was away.

        `untold`: how much the field has still to tell the broker. Raises `TimeoutError`.
        """
        told_at: datetime | None = None
        async with asyncio.timeout(CATCHES_UP_WITHIN_S):
            while True:
                await asyncio.sleep(CATCH_UP_LOOK_S)
                if untold() > ALWAYS:
                    told_at = None
                    continue
                told_at = told_at or self._clock.now()
                undone, stored_until = await asyncio.to_thread(backlog, self.database_url)
                if stored_until is not None and stored_until > told_at and undone <= ALWAYS:
                    return

    async def stop(self) -> None:
        """Have it drain and end; killed when it takes too long."""
        await self._down(_end)

    async def kill(self) -> None:
        """End it as `kill -9` does."""
        await self._down(_kill)

    async def unless_ended(self, work: Coroutine[Any, Any, T]) -> T:
        """Do work, given up when the worker ends unasked. Raises `PermanentError` then, and what the work raises."""
        doing = asyncio.create_task(work, name="trial")
        ending = asyncio.create_task(self._ended_by_itself(), name="the trial's service")
        try:
            await asyncio.wait({doing, ending}, return_when=asyncio.FIRST_COMPLETED)
            if not doing.done():
                raise PermanentError(f"the trial's worker has ended by itself (status {ending.result()})")
            return doing.result()
        finally:
            doing.cancel()
            ending.cancel()
            await asyncio.gather(doing, ending, return_exceptions=True)

    async def _ended_by_itself(self) -> int:
        while True:
            await self._to_be_up.wait()
            assert self._process is not None
            status = await self._process.wait()
            if self._to_be_up.is_set():
                return status

    async def _down(self, end: Callable[[Process], Awaitable[None]]) -> None:
        self._to_be_up.clear()
        if self._process is not None:
            await end(self._process)
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)


@asynccontextmanager
async def service_on(clock: ScaledClock, settings: Settings, tell: Tell) -> AsyncIterator[Service]:
    """Run a worker on a clock during the block, on the settings' servers, embedded where they name none.

    Raises `SettingsError` for servers elsewhere, `HeldError` where another worker is at work, `PermanentError` when the
    worker does not come up, `Unavailable` when the database is away.
    """
    refuse_servers_elsewhere(settings)
    await _expect_nobody(settings, tell)
    service = Service(clock, settings, tell)
    try:
        await service.start()
        yield service
    finally:
        await service.stop()


async def _expect_nobody(settings: Settings, tell: Tell) -> None:
    """Raise `HeldError` unless every partition is free, or its owner dead, which its lease tells by running out."""
    for other in holders(settings.syspark_home):
        raise HeldError(
            f"a worker named {other.name} runs on {settings.syspark_home} (process {other.notes.get('process', '?')}), "
            "and a trial needs one on its own clock: stop that one, or set SYSPARK_HOME to another folder"
        )
    if settings.database_url is None:
        return
    url = settings.database_url.get_secret_value()
    await database.look(url)
    await database.check_schema(url)
    opened = Database(url, size=1)
    await opened.open()
    try:
        await _until_free(Administration(opened), tell)
    finally:
        await opened.close()


async def _until_free(administration: Administration, tell: Tell) -> None:
    looks = most = int(LEASE_S / LOOK_EVERY_S) + 2
    while True:
        unheld, total = await administration.unheld()
        if unheld == total:
            return
        if not looks:
            raise HeldError(
                f"a worker holds {total - unheld} of the {total} partitions of this database, and a trial needs them "
                "for one on its own clock: stop that worker first"
            )
        if looks == most:
            tell(f"a worker holds {total - unheld} of {total} partitions: if it is dead, its lease soon runs out")
        looks -= 1
        await asyncio.sleep(LOOK_EVERY_S)


async def _until_ready(process: Process, tell: Tell) -> None:
    try:
        async with asyncio.timeout(READY_WITHIN_S):
            async for line in _output(process):
                if line.startswith(READY):
                    return
                tell(line.decode(errors="replace").strip().removeprefix(STEP))
    except TimeoutError:
        raise PermanentError(f"the trial's worker was not ready within {READY_WITHIN_S:g} s") from None
    raise PermanentError(f"the trial's worker did not come up (status {await process.wait()})")


async def _read_on(process: Process) -> None:
    """Take what it says, which is of no use any more, lest it waits for a reader."""
    async for _ in _output(process):
        pass


def _output(process: Process) -> asyncio.StreamReader:
    assert process.stdout is not None
    return process.stdout


async def _end(process: Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(ENDS_WITHIN_S):
            await process.wait()
    except TimeoutError:
        logger.error("the trial's worker does not end, and is killed")  # noqa: TRY400 - there is nothing to trace
        process.kill()
        await process.wait()


async def _kill(process: Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.wait()


def _broker(settings: Settings) -> BrokerAddress:
    if settings.mqtt_host is None:
        [worker] = holders(settings.syspark_home)
        host, _, port = worker.notes["broker"].partition(" port ")
        return BrokerAddress(host, int(port))
    password = settings.mqtt_password
    return BrokerAddress(
        settings.mqtt_host,
        settings.mqtt_port,
        settings.mqtt_username,
        password.get_secret_value() if password is not None else None,
        ssl.create_default_context(cafile=settings.mqtt_ca_file) if settings.mqtt_tls else None,
    )
