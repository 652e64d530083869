"""Entity actors: one per key, activated once, passivated only when nothing can be lost."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pykka import ActorDeadError, ActorRegistry

from actors.runtime import Directory, EntityActor, Key

TWIN = Key("device", "north/1")


class Twin(EntityActor):
    """Waits for what is a future, in the handler and, when told so, in ``on_stop``."""

    kind = "device"

    def __init__(self, key: Key) -> None:
        super().__init__(key)
        self.commit: asyncio.Future[Any] | None = None
        self.farewell: asyncio.Future[Any] | None = None

    def on_receive(self, message: Any) -> Any:
        match message:
            case ("commit", future):
                self.commit = future
            case ("farewell", future):
                self.farewell = future
            case ("wait", future):
                return self.wait(future)
            case _:
                pass
        return id(self)

    async def wait(self, future: asyncio.Future[Any]) -> None:
        await future

    def on_stop(self) -> Any:
        return None if self.farewell is None else self.wait(self.farewell)

    def in_flight(self) -> bool:
        return self.commit is not None and not self.commit.done()

    async def settled(self) -> None:
        if self.commit is not None:
            await self.commit


@pytest.fixture
def directory(world: Any) -> Directory:
    made = Directory(owned=world.owned)

    async def make(key: Key) -> Twin:
        await asyncio.sleep(0)
        return Twin(key)

    made.serve("device", make)
    return made


def gate() -> asyncio.Future[Any]:
    return asyncio.get_running_loop().create_future()


async def test_everybody_gets_the_same_actor(directory: Directory) -> None:
    refs = await asyncio.gather(*(directory.activate(TWIN) for _ in range(5)))
    assert len({id(ref) for ref in refs}) == 1
    assert directory.get(TWIN) is refs[0]
    assert directory.refs() == directory.refs("device") == [refs[0]]
    assert directory.refs("site") == []
    assert refs[0].actor_urn == "urn:syspark:device:north/1"
    assert ActorRegistry.get_by_class(Twin) == []


async def test_one_who_gives_up_waiting_does_not_spoil_it_for_the_others(world: Any, directory: Directory) -> None:
    hasty, patient = (asyncio.create_task(directory.activate(TWIN)) for _ in range(2))
    await asyncio.sleep(0)
    hasty.cancel()
    assert (await patient).is_alive()
    assert hasty.cancelled()


async def test_an_idle_actor_is_passivated_and_comes_back_when_asked_for(world: Any, directory: Directory) -> None:
    assert directory.passivate(TWIN) is False
    ref = await directory.activate(TWIN)
    assert directory.passivate(TWIN) is True
    assert len(directory) == 0
    with pytest.raises(ActorDeadError):
        ref.tell("too late")
    assert await directory.activate(TWIN) is not ref


async def test_an_actor_with_messages_or_work_is_not_passivated(world: Any, directory: Directory) -> None:
    ref, opened, commit = await directory.activate(TWIN), gate(), gate()
    ref.tell("hello")
    assert directory.passivate(TWIN) is False, "a message waits"
    ref.tell(("wait", opened))
    await world.settle()
    assert directory.passivate(TWIN) is False, "a handler waits"
    opened.set_result(None)
    ref.tell(("commit", commit))
    await world.settle()
    assert directory.passivate(TWIN) is False, "a commit is in flight"
    commit.set_result(None)
    assert directory.passivate(TWIN) is True


async def test_a_new_instance_waits_for_the_last_words_and_the_commit_of_the_old_one(
    world: Any, directory: Directory
) -> None:
    ref, farewell, commit = await directory.activate(TWIN), gate(), gate()
    ref.tell(("farewell", farewell))
    ref.tell(("commit", commit))
    stopped = ref.stop(block=False)
    await world.settle()
    activating = asyncio.create_task(directory.activate(TWIN))
    await world.settle()
    assert not activating.done()
    farewell.set_result(None)
    assert await stopped is True
    await world.settle()
    assert not activating.done()
    commit.set_result(None)
    assert (await activating).is_alive()


async def test_passivation_with_last_words_keeps_the_next_instance_waiting(world: Any, directory: Directory) -> None:
    ref, farewell = await directory.activate(TWIN), gate()
    ref.tell(("farewell", farewell))
    await world.settle()
    assert directory.passivate(TWIN) is True
    assert directory.get(TWIN) is None
    activating = asyncio.create_task(directory.activate(TWIN))
    await world.settle()
    assert not activating.done()
    farewell.set_result(None)
    assert (await activating).is_alive()


async def test_a_message_racing_passivation_is_handled_or_refused_never_lost(world: Any, directory: Directory) -> None:
    for turns in range(20):
        ref = await directory.activate(TWIN)

        async def passivate(turns: int = turns) -> bool:
            for _ in range(turns % 5):
                await asyncio.sleep(0)
            return directory.passivate(TWIN)

        passivating = asyncio.create_task(passivate())
        for _ in range(turns // 5):
            await asyncio.sleep(0)
        try:
            reply = await ref.ask("hello", block=False)
        except ActorDeadError:
            assert await passivating is True
        else:
            assert isinstance(reply, int)
        await passivating


async def test_stop_and_crash_remove_the_actor_from_the_directory(world: Any, directory: Directory) -> None:
    ref = await directory.activate(TWIN)
    await ref.stop(block=False)
    assert directory.get(TWIN) is None
    assert len(directory) == 0
    await directory.activate(TWIN)
    assert directory.fail(TWIN, RuntimeError("unsupervised")) is True
    await world.settle()
    assert len(directory) == 0
    assert directory.fail(TWIN, RuntimeError("again")) is False
