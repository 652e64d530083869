"""When nothing is left to happen without time passing."""

import asyncio
from collections.abc import Callable, Sized

_MOST_TURNS = 1_000_000


def _nothing() -> None:
    """Nobody looks on."""


async def come_to_rest(look: Callable[[], None] = _nothing) -> None:
    """Give asyncio's own loop turns until nothing has one any more; `look` is called after each.

    Who is at rest is given none. Raises RuntimeError when rest never comes.
    """
    # asyncio has no public word for "idle": in memory nothing waits for a socket or a thread, only for its turn.
    turns: Sized = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]
    for _ in range(_MOST_TURNS):
        if not turns:
            return
        await asyncio.sleep(0)
        look()
    raise RuntimeError("it does not come to rest: something runs in circles")
