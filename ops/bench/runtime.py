"""What the actor runtime costs: messages told, and memory held by actors that do nothing."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

from pykka import ActorRef

from actors.runtime import Directory, EntityActor, Key, Owned
from ops.bench.child import child
from ops.bench.figures import Figure, Held, Target, paired
from ops.bench.servers import Servers
from ops.bench.sizes import Sizes
from ops.bench.stock import StockActor

PART = "actors"
TELLS = Target(Held.RATIO_AT_LEAST, 0.5)
KB_EACH = Target(Held.AT_MOST, 3)
MB_OF_DEVICES = Target(Held.AT_MOST, 700)


class Counter(EntityActor):
    """Counts what it is told."""

    def __init__(self, key: Key) -> None:
        super().__init__(key)
        self.told = 0

    def on_receive(self, _message: object) -> None:
        """Count."""
        self.told += 1


async def measure(_servers: Servers, sizes: Sizes) -> list[Figure]:
    """The part's lines."""
    owned = Owned("bench")
    ours: list[Counter] = []
    directory = Directory(owned=owned)

    async def counter(key: Key) -> Counter:
        ours.append(Counter(key))
        return ours[-1]

    directory.serve(Counter.kind, counter)
    refs = [await directory.activate(Key(Counter.kind, str(number))) for number in range(sizes.actors)]
    stock = [StockActor() for _ in range(sizes.actors)]
    stock_refs = [actor.actor_ref for actor in stock]
    rounds = [
        (await _tells(refs, lambda: _told(ours), sizes), await _tells(stock_refs, lambda: _told(stock), sizes))
        for _ in range(sizes.rounds)
    ]
    await owned.close()
    return [
        paired(PART, f"tells over {sizes.actors:,} actors", "/s", rounds, TELLS),
        Figure(
            PART, f"an idle actor, of {sizes.crowd:,}", "kB", (await _crowd("entity", sizes.crowd))[0], target=KB_EACH
        ),
        Figure(
            PART,
            f"{sizes.crowd:,} device actors, the whole process",
            "MB",
            (await _crowd("device", sizes.crowd))[1],
            target=MB_OF_DEVICES,
        ),
    ]


async def _tells(refs: Sequence[ActorRef[Any]], told: Callable[[], int], sizes: Sizes) -> float:
    """Messages a second, a message to each actor in turn until all are told; each turn they are handled."""
    before, message = told(), object()
    began = time.perf_counter()
    for _ in range(sizes.tells // len(refs)):
        for ref in refs:
            ref.tell(message)
        await asyncio.sleep(0)
    while told() - before < sizes.tells // len(refs) * len(refs):  # noqa: ASYNC110 - an event would be measured too
        await asyncio.sleep(0)
    return (told() - before) / (time.perf_counter() - began)


def _told(actors: Sequence[Counter] | Sequence[StockActor]) -> int:
    return sum(actor.told for actor in actors)


async def _crowd(kind: str, count: int) -> tuple[float, float]:
    """KiB that each idle actor adds, MiB of the process."""
    async with child("-m", "ops.bench.crowd", kind, str(count), ready_within_s=300) as running:
        _, each, whole = running.said.split()
        return float(each), float(whole)
