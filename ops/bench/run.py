"""The benchmark as a whole: its parts in order, on servers of its own."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from ops.bench import endtoend, growth, idle, ingest, pages, runtime, start, workers
from ops.bench.figures import Figure
from ops.bench.machine import Machine, describe
from ops.bench.servers import Servers, servers
from ops.bench.sizes import Sizes

Part = Callable[[Servers, Sizes], Awaitable[list[Figure]]]

PARTS: Mapping[str, Part] = {
    "ingest": ingest.measure,
    "end-to-end": endtoend.measure,
    "workers": workers.measure,
    "growth": growth.measure,
    "actors": runtime.measure,
    "start": start.measure,
    "pages": pages.measure,
    "idle": idle.measure,
}
"""Each part by the name it is asked for."""


async def run(
    names: Sequence[str], sizes: Sizes, tell: Callable[[str], None] = lambda line: None
) -> tuple[list[Figure], Machine]:
    """Measure these parts; `tell` hears of each when it begins.

    Raises `EmbeddedError` when a server does not start, `PermanentError` when a part could not be measured.
    """
    figures = []
    with servers() as running:
        tell(f"PostgreSQL and {running.broker} run; nothing of yours is touched")
        for number, name in enumerate(names, 1):
            tell(f"{number}/{len(names)}: {name}")
            figures += await PARTS[name](running, sizes)
        return figures, describe(running)
