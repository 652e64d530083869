"""What is done to the service of a trial: killed at times, or away for a while, its broker out of reach."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from ops.simulator.service import Service
from ops.simulator.simulation import FieldSimulation
from syspark.clock import ScaledClock, machine_seconds

HOUR_S = 3600.0
STRIKES_WITHIN_S = 0.05  # of the machine: what a message takes to be stored, decided, sent and answered for


@dataclass(frozen=True, slots=True, order=True)
class Disturbance:
    """After so many seconds of the field's the service is killed, or is away for `lasts_s`.

    It is killed half way through what the field has just said: at this share of the time that what it leads to takes.
    """

    after_s: float
    lasts_s: float = 0.0
    strikes: float = 0.0


def disturbances(kills: int, away: tuple[float, float] | None, hours: float | None, seed: int) -> Sequence[Disturbance]:
    """So many kills at random moments of the middle, and an absence from and to these hours, in their order."""
    if away is None and not kills:
        return ()
    chance = Random(f"{seed}/kills")  # noqa: S311 - a simulation keeps no secret
    until_s = (hours or 1.0) * HOUR_S
    found = [Disturbance(chance.uniform(0.1, 0.9) * until_s, strikes=chance.random()) for _ in range(kills)]
    if away is not None:
        since_s, back_s = away[0] * HOUR_S, away[1] * HOUR_S
        # One who is away cannot be killed.
        found = [one for one in found if not since_s <= one.after_s <= back_s]
        found.append(Disturbance(since_s, back_s - since_s))
    return sorted(found)


async def disturb(planned: Sequence[Disturbance], service: Service, field: FieldSimulation, clock: ScaledClock) -> None:
    """Do it all, each at its time. Raises `PermanentError` when the service does not come back."""
    for one in planned:
        await _until(one.after_s, field, clock)
        if not one.lasts_s:
            await field.until_told()
            await asyncio.sleep(one.strikes * STRIKES_WITHIN_S)
        field.service_is(away=True)
        if one.lasts_s:
            field.cut_off()
            await service.stop()
            await _until(one.after_s + one.lasts_s, field, clock)
            await service.start()
            field.reach()
        else:
            await service.kill()
            await service.start()
        with contextlib.suppress(TimeoutError):
            await service.catch_up(lambda: field.untold)
        field.service_is(away=False)


async def _until(after_s: float, field: FieldSimulation, clock: ScaledClock) -> None:
    lived_s = clock.now().timestamp() - field.began_s
    await asyncio.sleep(max(0.0, machine_seconds(clock, after_s - lived_s)))
