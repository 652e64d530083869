"""Many idle actors in a process of its own: `python -m ops.bench.crowd entity|device N` tells what they hold.

Says ready, with the KiB that each added and the MiB of the whole process.
"""

import asyncio
import gc
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import msgspec
import uvloop

from actors.device import DeviceActor
from actors.house import House
from actors.runtime import Directory, EntityActor, Key, Owned
from syspark.domain.device import Twin
from syspark.rows import Address, Snapshot

KINDS = ("entity", "device")


class _Twins:
    """What devices are restored from."""

    async def snapshot(self, actor: Address) -> Snapshot | None:
        """A device that was heard once."""
        return Snapshot(cast("object", None), actor, 1, msgspec.json.encode(Twin()))  # type: ignore[arg-type]


def resident_mb() -> float:
    """What this process holds, in MiB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS:")).split()[1]) / 1024


async def _main(kind: str, count: int) -> None:
    owned = Owned("crowd")
    directory = Directory(owned=owned)
    # What a device's restoring touches, and no more: the rest of a worker is not what is weighed.
    census = SimpleNamespace(note=lambda *_: None)
    house = cast("House", SimpleNamespace(stores=SimpleNamespace(state=_Twins()), census=census))

    async def entity(key: Key) -> EntityActor:
        return EntityActor(key)

    async def device(key: Key) -> EntityActor:
        actor = DeviceActor(key, house)
        await actor.load()
        return actor

    directory.serve("entity", entity)
    directory.serve("device", device)
    gc.collect()
    before = resident_mb()
    for number in range(count):
        await directory.activate(Key(kind, f"site-{number // 10:05d}/device-{number % 10}"))
    gc.collect()
    after = resident_mb()
    print(f"ready {(after - before) * 1024 / count} {after}", flush=True)  # noqa: T201 - whoever started this reads it
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await owned.close()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_main(sys.argv[1], int(sys.argv[2])))
