"""A whole run: servers, two workers, traffic, one disaster after the other, and the judgement."""

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests.killing.evidence import decided, read_evidence
from tests.killing.field import Event, Site, as_a_reader_sends, badges
from tests.killing.generator import Generator, Line
from tests.killing.oracle import judge
from tests.killing.preparation import prepare
from tests.servers.mosquitto import Mosquitto
from tests.servers.postgres import PostgresServer
from tests.servers.process import ChildProcess
from tests.takeover import plan as kinds
from tests.takeover.crew import Member
from tests.takeover.epochs import EpochEdge, outdated_commands, outdated_decisions, partitions_of
from tests.takeover.plan import EVENTS, Plan
from tests.takeover.report import Report, Takeover

Tell = Callable[[str], None]
NAMES = ("left", "right")
LOOK_S = 0.1
TAKEN_WITHIN_S = 40.0
SHARED_WITHIN_S = 30.0
"""Without any progress: each gives a few back at a time, and settles them first, as fast as the machine lets it."""
LISTENING_WITHIN_S = 60.0
TOLD_IN_FULL = 20_000
SETTLED_WITHIN_S = 30.0
"""Without any progress."""
ANSWERED_WITHIN_S = 120.0
HELD = "SELECT split_part(owner, '@', 1), count(*) FROM partition WHERE lease_until > now() GROUP BY 1"
DEAF = "SELECT count(*) FROM partition WHERE deliveries = 0"
"""Partitions whose link has not heard its own marker yet: the broker may not keep anything for them."""


@dataclass(slots=True)
class _Stage:
    """What a run plays on."""

    crew: list[Member]
    generator: Generator
    edge: EpochEdge


class Trial:
    """One run in `folder`, with a PostgreSQL in `home`; `tell` hears what happens."""

    def __init__(self, plan: Plan, folder: Path, home: Path, tell: Tell) -> None:
        self._plan = plan
        self._folder = folder
        self._tell = tell
        self._began = time.monotonic()
        self._chance = random.Random(plan.seed)
        self._groups = [_sites(number, plan.sites) for number in range(plan.groups)]
        self._group = 0
        self._badges = badges(self._chance)
        self._database = PostgresServer(home)
        # Saved every second, not at every change: with a subscription a topic the whole state is large, and nobody
        # kills the broker here. Of a short run it tells every packet, which is what a lost badge is looked for in.
        told = {"log_type": "all"} if plan.events <= TOLD_IN_FULL else {}
        self._broker = Mosquitto(folder / "broker", settings={"autosave_on_changes": "false", **told})
        self._takeovers: list[Takeover] = []
        self._surprises: list[str] = []

    async def run(self) -> Report:
        """Everything, in order."""
        sites = [site for group in self._groups for site in group]
        known = [self._event(number) for number in range(self._plan.events)]
        async with AsyncExitStack() as stack:
            stack.callback(self._database.close)
            await asyncio.to_thread(self._database.start)
            stack.enter_context(self._broker)
            await asyncio.to_thread(prepare, self._database.url, sites, known, self._plan.partitions)
            edge = stack.enter_context(EpochEdge(self._broker.port, sites, qos=1))
            line = await stack.enter_async_context(Line("readers", self._broker.port))
            upcoming = {number: iter(_of_group(known, group)) for number, group in enumerate(self._groups)}
            generator = Generator(line, line, lambda: next(upcoming[self._group]), self._chance)
            crew = [self._member(stack, name) for name in NAMES]
            stage = _Stage(crew, generator, edge)
            try:
                await self._shared(stage, "both have begun")
                await self._listening()
                await self._under_load(stage)
                await self._settled(stage.generator)
                statuses = [await asyncio.to_thread(member.process.terminate, 15) for member in crew]
            finally:
                for member in crew:
                    (self._folder / f"{member.name}.log").write_text(member.output)
            report = await asyncio.to_thread(self._report, stage, statuses)
        (self._folder / "report.txt").write_text("\n".join([str(report), *report.problems]))
        return report

    async def _under_load(self, stage: _Stage) -> None:
        generator = stage.generator
        load = asyncio.create_task(generator.run(10**9, self._plan.rate_per_s, asyncio.sleep), name="generator")
        try:
            await asyncio.sleep(3)
            for number in range(self._plan.takeovers):
                self._group = number // self._plan.takeovers_a_group
                if load.done():
                    load.result()
                if time.monotonic() - self._began > self._plan.within_s:
                    self._say("no more: the time is over")
                    break
                await self._takeover(stage, EVENTS[number % len(EVENTS)])
        finally:
            load.cancel()
            with suppress(asyncio.CancelledError):
                await load
        await generator.answered(ANSWERED_WITHIN_S)

    async def _takeover(self, stage: _Stage, kind: str) -> None:
        victim, other = self._chance.sample(stage.crew, 2)
        began, at = time.monotonic(), time.time()
        with ExitStack() as after:
            if kind == kinds.DATABASE_RESTARTED:
                await asyncio.to_thread(self._database.stop)
                await asyncio.to_thread(self._database.start)
                wanted = None
            else:
                self._befall(victim, kind, after)
                wanted = other.name
            taken = await self._until(lambda held: _is_taken(held, wanted, self._plan.partitions), TAKEN_WITHIN_S)
            took_s = time.monotonic() - began
            if not taken:
                self._surprises.append(f"{kind} {victim.name}: not taken over within {TAKEN_WITHIN_S:.0f} s")
            self._say(f"{kind}, {victim.name if wanted else 'for both'}: taken over in {took_s:.1f} s")
            if kind == kinds.FROZEN:
                await asyncio.sleep(max(0.0, self._plan.frozen_s - took_s))
        await self._shared(stage, f"after {kind}")
        self._takeovers.append(Takeover(kind, at, time.time(), took_s))
        await asyncio.sleep(self._chance.uniform(0.5, 2))

    @staticmethod
    def _befall(victim: Member, kind: str, after: ExitStack) -> None:
        match kind:
            case kinds.KILLED:
                victim.kill()
                after.callback(victim.start)
            case kinds.FROZEN:
                victim.freeze()
                after.callback(victim.thaw)
            case kinds.WITHOUT_DATABASE:
                victim.database.cut()
                after.callback(victim.database.restore)
            case kinds.DEAF_DATABASE:
                victim.database.freeze()
                after.callback(victim.database.thaw)
            case kinds.WITHOUT_BROKER:
                victim.broker.cut()
                after.callback(victim.broker.restore)
            case kinds.DEAF_BROKER:
                victim.broker.freeze()
                after.callback(victim.broker.thaw)
            case _:
                raise ValueError(kind)

    async def _shared(self, stage: _Stage, when: str) -> None:
        """Wait until each holds its share."""
        share = -(-self._plan.partitions // len(stage.crew))
        held: dict[str, int] = {}
        moved_at = time.monotonic()
        while sum(held.values()) < self._plan.partitions or max(held.values()) > share:
            before, held = held, await self._held()
            if held != before:
                moved_at = time.monotonic()
            if time.monotonic() - moved_at > SHARED_WITHIN_S:
                self._surprises.append(f"{when}: not shared out, and nothing moves: {held}")
                break
            await asyncio.sleep(LOOK_S)
        for member in stage.crew:
            if not member.alive:
                self._surprises.append(
                    f"{when}: {member.name} ended of itself: {' | '.join(member.process.lines[-3:])}"
                )
                member.start()

    async def _listening(self) -> None:
        """Wait until every link has subscribed: a broker acknowledges also what nobody wants, and forgets it."""
        deadline = time.monotonic() + LISTENING_WITHIN_S
        while await asyncio.to_thread(_ask, self._database.url, DEAF) != [(0,)]:
            assert time.monotonic() < deadline, "a link does not hear its own marker"
            await asyncio.sleep(LOOK_S)

    async def _until(self, condition: Callable[[dict[str, int]], bool], within_s: float) -> bool:
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            if condition(await self._held()):
                return True
            await asyncio.sleep(LOOK_S)
        return False

    async def _held(self) -> dict[str, int]:
        rows = await asyncio.to_thread(_ask, self._database.url, HELD)
        return {str(name): int(count) for name, count in rows}

    async def _settled(self, generator: Generator) -> None:
        """Wait until everything that was acknowledged is decided, or until nothing moves any more."""
        wanted = {one.event.digest for one in generator.publications if one.acknowledged_at is not None}
        count, moved_at = len(wanted), time.monotonic()
        while wanted and time.monotonic() - moved_at < SETTLED_WITHIN_S:
            wanted -= await asyncio.to_thread(decided, self._database.url)
            if len(wanted) != count:
                count, moved_at = len(wanted), time.monotonic()
            await asyncio.sleep(0.5)
        self._say(f"settled, but for {len(wanted)}")

    def _report(self, stage: _Stage, statuses: list[int]) -> Report:
        url, generator = self._database.url, stage.generator
        evidence = read_evidence(url)
        self._surprises += [f"after SIGTERM a worker ended with {status}" for status in statuses if status]
        self._surprises += [f"audit verify: {said}" for said in self._audit()]
        return Report(
            plan=self._plan,
            verdict=judge(generator.publications, stage.edge.executions, evidence),
            takeovers=tuple(self._takeovers),
            outdated=(*outdated_commands(stage.edge.heard, partitions_of(url)), *outdated_decisions(url)),
            heard=len(stage.edge.heard),
            refused=stage.edge.refused,
            surprises=tuple(self._surprises),
            publications=tuple(generator.publications),
            evidence=evidence,
        )

    def _audit(self) -> list[str]:
        settings = self._settings() | {"DATABASE_URL": self._database.url, "SYSPARK_HOME": str(self._folder / "audit")}
        with ChildProcess.python("-m", "ops.cli", "audit", "verify", env=settings) as verify:
            return [verify.output] if verify.wait(120) else []

    def _member(self, stack: AsyncExitStack, name: str) -> Member:
        home = self._folder / name
        return stack.enter_context(Member(name, self._database, self._broker, home, self._settings()))

    def _settings(self) -> dict[str, str]:
        return {
            "SYSPARK_PARTITIONS": str(self._plan.partitions),
            "SYSPARK_SECRET_KEY": f"a key of the takeover trial {self._plan.seed:032x}",
        }

    def _event(self, number: int) -> Event:
        group = self._groups[number * len(self._groups) // self._plan.events]
        uid = next(self._badges)
        return Event(uid, self._chance.choice(group), as_a_reader_sends(uid, self._chance))

    def _say(self, what: str) -> None:
        self._tell(f"{time.time():.3f}  {time.monotonic() - self._began:6.1f} s  {what}")


def _sites(group: int, count: int) -> list[Site]:
    """Sites whose barriers are told the epoch and the expiry of each command."""
    return [Site(f"takeover-{group}-{number:03d}", "v2") for number in range(count)]


def _of_group(events: list[Event], group: list[Site]) -> list[Event]:
    sites = set(group)
    return [event for event in events if event.site in sites]


def _is_taken(held: dict[str, int], by: str | None, partitions: int) -> bool:
    return (sum(held.values()) if by is None else held.get(by, 0)) == partitions


def _ask(url: str, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(statement.encode()).fetchall()
