"""One run of `syspark simulate`: enrol, live, compare."""

import asyncio
import math
import signal
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from typing import Any, Protocol

import psycopg

from ops.simulator.comparison import TOLERANCE_S, Comparison, Period
from ops.simulator.desk import desk_at
from ops.simulator.enrolment import enrol
from ops.simulator.gateway import HttpAddress
from ops.simulator.judgement import compare
from ops.simulator.layout import Badges, SiteLayout
from ops.simulator.line import BrokerAddress
from ops.simulator.simulation import FieldSimulation, Status
from ops.simulator.site import Conditions
from syspark.clock import ScaledClock, machine_seconds
from syspark.domain.policy import SitePolicy
from syspark.errors import Unavailable
from syspark.settings import Settings

SHOWN_EVERY_S = 1.0
LINE_EVERY_S = 10.0
SETTLE_S = 20.0
SETTLE_FIELD_S = 240.0
"""Of the field: by then who was inside a minute or two has left, and somebody has looked at what nobody can know."""
SETTLE_LOOK_S = 0.5
FOR_EVER_S = 1e9
MARKER_TAKES_S = 0.05  # of the world, there and back, on a machine that does all of it


class Tell(Protocol):
    """Shows a line; a moving one takes the place of the one before."""

    def __call__(self, line: str, *, moving: bool = False) -> None:
        """Show it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What is run, and against what. `hours` None: until a signal.

    `back_after_s`: how long nobody takes the place of a worker killed in memory; elsewhere it is as long as it takes.
    `staffed`: an operator at the service that is compared with helps those who call from an exit.
    `disturb` is done to the service meanwhile.
    """

    layouts: Sequence[SiteLayout]
    badges: Mapping[str, Badges]
    conditions: Conditions
    broker: BrokerAddress
    clock: ScaledClock
    http: HttpAddress | None = None
    hours: float | None = None
    compare_with: str | None = None
    enrols: bool = False
    outages: bool = False
    back_after_s: float = 0.0
    staffed: bool = True
    disturb: Callable[[FieldSimulation], Coroutine[Any, Any, None]] | None = None


async def drive(run: Run, settings: Settings, *, tell: Tell, is_terminal: bool) -> bool:
    """Run it; whether truth and database agree, True without a comparison. `settings` hold the keys of sites' secrets.

    Raises `Unavailable`, and as `enrol`.
    """
    layouts = run.layouts
    if run.enrols and run.compare_with is not None:
        rules = _rules_at(run.clock.speed)
        layouts = await enrol(run.compare_with, layouts, run.badges, settings, tell, rules)
    async with AsyncExitStack() as stack:
        field = FieldSimulation(layouts, run.badges, run.conditions, run.broker, clock=run.clock, http=run.http)
        field.staffed = run.staffed
        if run.compare_with is not None:
            field.desk = await stack.enter_async_context(desk_at(run.compare_with, run.clock))
        await stack.enter_async_context(field)
        if run.disturb is not None:
            field.alongside(run.disturb(field), "what is done to the service")
        await _live(run, field, tell, is_terminal=is_terminal)
        field.end_arrivals()
        if is_terminal:
            tell("")
        tell(_line(field.status(), run))
        if run.compare_with is None:
            return True
        tell("comparing with the database")
        found = await compared(run, field, run.compare_with)
    tell(found.table())
    return found.is_fine


def _rules_at(speed: float) -> Mapping[str, object]:
    """What sites need on a fast clock, where a marker takes seconds: a PIN said twice is dated as far apart."""
    if speed <= 1:
        return {}
    return {"pin_repeat_s": SitePolicy().pin_repeat_s + math.ceil(MARKER_TAKES_S * speed)}


async def _live(run: Run, field: FieldSimulation, tell: Tell, *, is_terminal: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    living = asyncio.create_task(field.run_for(FOR_EVER_S if run.hours is None else run.hours * 3600), name="field")
    stopping = asyncio.create_task(stop.wait(), name="stop")
    every_s = SHOWN_EVERY_S if is_terminal else LINE_EVERY_S
    try:
        while not (living.done() or stopping.done()):
            await asyncio.wait({living, stopping}, timeout=every_s, return_when=asyncio.FIRST_COMPLETED)
            tell(_line(field.status(), run), moving=is_terminal)
        if living.done():
            living.result()
    finally:
        for task in (living, stopping):
            task.cancel()
        await asyncio.gather(living, stopping, return_exceptions=True)
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


async def compared(run: Run, field: FieldSimulation, database_url: str) -> Comparison:
    """Compare with what is true now; what differs may still be on its way, so look again for a while."""
    truths = [site.truth for site in field.sites]
    found = Comparison()
    tolerance_s = TOLERANCE_S + run.conditions.transport_s
    settle_s = max(SETTLE_S, machine_seconds(run.clock, SETTLE_FIELD_S))
    for _ in range(int(settle_s / SETTLE_LOOK_S)):
        period = Period(field.began_s, run.clock.now().timestamp(), tolerance_s, run.outages)
        try:
            found = await asyncio.to_thread(compare, truths, database_url, period)
        except psycopg.OperationalError as error:
            raise Unavailable("database", because=str(error).splitlines()[0]) from error
        if found.is_fine:
            break
        with suppress(TimeoutError):
            await field.run_for(SETTLE_LOOK_S * run.clock.speed)
    return found


def _line(status: Status, run: Run) -> str:
    hours = status.lived_s / 3600
    wanted = f" of {run.hours:g}" if run.hours is not None else ""
    posted = f"  posted {status.posts_accepted} refused {status.posts_refused}" if run.http is not None else ""
    return (
        f"{hours:6.2f}{wanted} h  sites {status.connected}/{status.sites}  inside {status.inside}"
        f"  in line {status.waiting}  came {status.arrived}  entered {status.entered}  left {status.left}"
        f"  turned back {status.turned_back}  opened {status.openings}  unexplained {status.unexplained}"
        f"{posted}  behind {machine_seconds(run.clock, status.behind_s):.2f} s"
    )
