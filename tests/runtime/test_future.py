"""Replies never block the loop and behave like pykka's everywhere else."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable
from queue import Full
from typing import Any

import pykka
import pytest

from actors.runtime import AsyncioFuture, WouldBlockError


async def test_get_on_the_loop_refuses_to_wait() -> None:
    future: AsyncioFuture[int] = AsyncioFuture()
    with pytest.raises(WouldBlockError, match="await the future"):
        future.get()
    with pytest.raises(WouldBlockError):
        future.get(timeout=0.01)
    with pytest.raises(WouldBlockError):
        future.map(str).get()
    future.set(3)
    assert future.get() == 3
    assert await future == 3
    assert future.map(str).get() == "3"


async def test_awaiting_lets_the_loop_run_and_serves_every_waiter() -> None:
    future: AsyncioFuture[str] = AsyncioFuture()

    async def wait() -> str:
        return await future

    waiters = [asyncio.create_task(wait()) for _ in range(3)]
    for _ in range(5):
        await asyncio.sleep(0)
    assert not any(waiter.done() for waiter in waiters)
    waiters[0].cancel()
    await asyncio.sleep(0)
    assert len(future._callbacks) == 2, "a cancelled waiter is forgotten"
    future.set("open")
    assert await asyncio.gather(*waiters[1:]) == ["open", "open"]


async def test_the_exception_is_raised_for_every_waiter() -> None:
    future: AsyncioFuture[str] = AsyncioFuture()
    try:
        int("no such lane")
    except ValueError:
        future.set_exception()
    for _ in range(2):
        with pytest.raises(ValueError, match="no such lane"):
            await future
    assert future.resolved
    bare: AsyncioFuture[str] = AsyncioFuture()
    bare.set_exception((KeyError, None, None))
    with pytest.raises(KeyError):
        await bare


async def test_a_future_is_resolved_once() -> None:
    future: AsyncioFuture[int] = AsyncioFuture()
    future.set(1)
    with pytest.raises(Full):
        future.set(2)
    with pytest.raises(Full):
        future.set_exception((KeyError, None, None))
    with pytest.raises(Full):
        future.set_get_hook(lambda timeout: 3)
    hooked: AsyncioFuture[int] = AsyncioFuture()
    hooked.set_get_hook(lambda timeout: 3)
    with pytest.raises(Full):
        hooked.set(1)
    assert await hooked == 3


async def test_derived_futures_wait_for_their_sources_and_run_their_functions_once() -> None:
    first: pykka.Future[Iterable[int]] = AsyncioFuture()
    second: pykka.Future[Iterable[int]] = AsyncioFuture()
    calls: list[Any] = []

    def note(value: Any) -> Any:
        calls.append(value)
        return value

    joined = first.filter(lambda number: number > 1).join(second.map(note)).map(note)
    total = first.reduce(lambda left, right: left + right, 10)
    waiting = [asyncio.ensure_future(joined), asyncio.ensure_future(joined)]
    for number, future in enumerate((second, first)):
        await asyncio.sleep(0)
        assert not waiting[0].done()
        future.set([number, 2, 3])
    assert await waiting[0] == [[2, 3], [0, 2, 3]]
    assert await waiting[1] == [[2, 3], [0, 2, 3]]
    assert await joined == [[2, 3], [0, 2, 3]]
    assert calls == [[0, 2, 3], [[2, 3], [0, 2, 3]]]
    assert await total == 16
    assert pykka.get_all([first, second]) == [[1, 2, 3], [0, 2, 3]]


async def test_a_result_that_is_a_blocked_call_is_not_taken_for_waiting() -> None:
    never: AsyncioFuture[int] = AsyncioFuture()
    future: AsyncioFuture[int] = AsyncioFuture()
    try:
        never.get()
    except WouldBlockError:
        future.set_exception()
    with pytest.raises(WouldBlockError):
        await future


async def test_joining_a_future_that_nothing_but_blocking_waits_for_is_refused_at_once() -> None:
    first: AsyncioFuture[int] = AsyncioFuture()
    stock: pykka.Future[int] = pykka.ThreadingFuture()
    with pytest.raises(WouldBlockError, match="make its actor a BlockingActor"):
        await first.join(stock)
    joined = await asyncio.to_thread(first.join, stock)
    first.set(1)
    stock.set(2)
    assert await asyncio.to_thread(joined.get) == [1, 2]


async def test_get_all_takes_what_is_there_and_refuses_to_wait_on_a_loop() -> None:
    first: AsyncioFuture[int] = AsyncioFuture()
    second: AsyncioFuture[int] = AsyncioFuture()
    first.set(1)
    with pytest.raises(WouldBlockError, match="await the future"):
        pykka.get_all([first, second])
    collecting = asyncio.ensure_future(first.join(second))
    await asyncio.sleep(0)
    second.set(2)
    assert await collecting == [1, 2], "what get_all does in a thread"
    assert pykka.get_all([first, second]) == [1, 2]


async def test_what_a_function_of_a_derived_future_raises_is_raised_by_awaiting_it() -> None:
    number: AsyncioFuture[Any] = AsyncioFuture()
    number.set(3)
    with pytest.raises(TypeError):
        await number.filter(bool)
    with pytest.raises(TypeError):
        await number.reduce(max)
    with pytest.raises(ZeroDivisionError):
        await number.map(lambda value: value // 0)
    empty: pykka.Future[Iterable[int]] = AsyncioFuture()
    empty.set([])
    assert await empty.reduce(lambda left, right: left + right, 5) == 5
    failed: AsyncioFuture[Any] = AsyncioFuture()
    failed.set_exception((KeyError, KeyError("lane"), None))
    for derived in (failed.map(str), failed.join(number), number.join(failed)):
        with pytest.raises(KeyError):
            await derived


async def test_a_value_is_not_copied_and_none_is_one() -> None:
    held: list[int] = []
    future: AsyncioFuture[Any] = AsyncioFuture()
    future.set(held)
    assert await future is held
    assert future.get() is held, "as often as one likes"
    nothing: AsyncioFuture[Any] = AsyncioFuture()
    nothing.set()
    assert await nothing is None


async def test_other_threads_wait_with_get() -> None:
    future: AsyncioFuture[str] = AsyncioFuture()
    with pytest.raises(pykka.Timeout, match=r"0\.001 seconds"):
        await asyncio.to_thread(lambda: future.get(timeout=0.001))
    assert future._callbacks == []
    got: list[str] = []
    reader = threading.Thread(target=lambda: got.append(future.map(str.upper).get(timeout=5)))
    reader.start()
    future.set("open")
    reader.join()
    assert got == ["OPEN"]


async def test_another_thread_resolves() -> None:
    future: AsyncioFuture[str] = AsyncioFuture()
    setter = threading.Thread(target=lambda: future.set("open"))
    waiting = asyncio.ensure_future(future)
    await asyncio.sleep(0)
    setter.start()
    assert await waiting == "open"
    setter.join()


def test_a_waiter_whose_loop_is_closed_is_no_trouble() -> None:
    future: AsyncioFuture[str] = AsyncioFuture()

    async def wait() -> None:
        await future

    loop = asyncio.new_event_loop()
    coroutine = wait()
    task = loop.create_task(coroutine)
    loop.call_soon(loop.stop)
    loop.run_forever()
    callbacks = list(future._callbacks)
    task.cancel()
    loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
    loop.close()
    for callback in callbacks:
        threader = threading.Thread(target=callback)
        threader.start()
        threader.join()
    future.set("late")
