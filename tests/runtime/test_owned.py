"""Background tasks are named, owned and never fail unseen."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from actors.runtime import ClosedError, Owned


async def forever() -> None:
    await asyncio.Event().wait()


async def fails() -> None:
    raise ValueError("broken")


async def test_a_failed_task_is_reported_unless_somebody_awaits_it(
    world: Any, caplog: pytest.LogCaptureFixture
) -> None:
    reported: list[tuple[str, BaseException]] = []
    owned = Owned("link 3", lambda name, error: reported.append((name, error)))
    with pytest.raises(ValueError, match="broken"):
        await owned.start("poll", fails())
    with pytest.raises(ValueError, match="broken"):
        await owned.start("activate", fails(), awaited=True)
    await world.settle()
    assert [name for name, _ in reported] == ["link 3: poll"]
    assert "background task failed: link 3: poll" in caplog.text
    await owned.close()


async def test_close_cancels_and_waits() -> None:
    owned = Owned("link 3")
    task = owned.start("poll", forever())
    assert owned.names == ["link 3: poll"]
    await asyncio.sleep(0)
    await owned.close()
    assert task.cancelled()
    assert owned.names == []
    with pytest.raises(ClosedError, match="link 3 is closed"):
        await owned.start("poll", forever())
    with pytest.raises(ClosedError):
        await owned.shielded("commit", forever())


async def test_a_commit_survives_its_caller_and_the_close(world: Any) -> None:
    owned = Owned("journal")
    committed = asyncio.get_running_loop().create_future()

    async def commit() -> str:
        return str(await committed)

    caller = asyncio.create_task(owned.shielded("commit", commit()))
    patient = asyncio.create_task(owned.shielded("commit", commit()))
    await world.settle()
    caller.cancel()
    await world.settle()
    assert caller.cancelled()
    assert owned.in_flight
    closing = asyncio.create_task(owned.close())
    await world.settle()
    assert not closing.done()
    committed.set_result("committed")
    await closing
    assert await patient == "committed"
    assert not owned.in_flight


async def test_a_commit_that_fails_after_its_caller_left_is_reported(world: Any) -> None:
    reported: list[tuple[str, BaseException]] = []
    owned = Owned("journal", lambda name, error: reported.append((name, error)))
    with pytest.raises(ValueError, match="broken"):
        await owned.shielded("commit", fails())
    assert reported == []
    caller = asyncio.create_task(owned.shielded("commit", fails()))
    await asyncio.sleep(0)
    caller.cancel()
    await world.settle()
    assert [name for name, _ in reported] == ["journal: commit"]
    await owned.close()
