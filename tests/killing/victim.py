"""The worker as the test runs it: armed to die at a place, started again, asked to end at last."""

import random
import signal
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.killing.killswitch import NAMED, PLACES
from tests.servers.process import ChildProcess
from tests.servers.waiting import eventually

LATEST_S = 8.0  # a place that is not reached by then is not waited for: the kill comes from outside
FROM_OUTSIDE = "at a random instant"


class Victim:
    """One worker process after the other, always under the same name. `deaths` counts where each was killed."""

    def __init__(self, environment: dict[str, str], chance: random.Random, service: str) -> None:
        self.deaths: Counter[str] = Counter()
        self.surprises: list[str] = []
        self._environment = environment
        self._chance = chance
        self._service = service
        self._process: ChildProcess | None = None
        self._old: list[ChildProcess] = []

    @property
    def process(self) -> ChildProcess:
        """The one that runs."""
        assert self._process is not None
        return self._process

    def start(self, place: str = "", count: int = 1) -> None:
        """Start it, armed when a place is given."""
        arguments = ["-m", "tests.killing.worker", "--service", self._service, "--count", str(count)]
        arguments += ["--place", place] if place else []
        self._process = ChildProcess.python(*arguments, env=self._environment)
        self._old.append(self._process)

    async def die(self, place: str, count: int | None = None, latest_s: float = LATEST_S) -> None:
        """Stop the one that runs at once, start one armed for `place`, and wait for its death; none runs then."""
        await self.kill()
        self.start(place, count or self._chance.randint(1, 6))
        try:
            await eventually(self._is_dead, f"it dies at {place}", latest_s if place else self._chance.uniform(1, 4))
        except AssertionError:
            self.deaths[FROM_OUTSIDE] += 1
            await self.kill()
        else:
            self.process.wait()
            died_there = f"killed at: {place}" in self.process.output
            self.deaths[place if died_there else "of itself"] += 1
            if not died_there:
                self._surprise()
            self._process = None

    async def kill(self) -> None:
        """`kill -9` it from outside, wherever it is."""
        if self._process is not None:
            if self._is_dead():
                self._surprise()
            self._process.send(signal.SIGKILL)
            await eventually(self._is_dead, "it is killed")
            self._process = None

    async def terminate(self, timeout_s: float = 15) -> int:
        """SIGTERM; its exit status."""
        self.process.send(signal.SIGTERM)
        await eventually(self._is_dead, "it drains and ends", timeout_s)
        status, self._process = self.process.wait(), None
        return status

    def places(self, kills: int, chosen: Sequence[str] = ()) -> list[str]:
        """Where to kill: the chosen places, else the named ones first, then all, and from outside in between."""
        others = [place for place in PLACES if place not in NAMED]
        self._chance.shuffle(others)
        line = [*chosen] or [*NAMED, "", *others]
        return [line[number % len(line)] for number in range(kills)]

    def close(self, log: Path) -> None:
        """Make sure all are gone, and keep what they said."""
        for process in self._old:
            process.close()
        log.write_text("\n=== started\n".join(process.output for process in self._old))

    def alive(self) -> bool:
        """Whether one runs; a death nobody ordered is a surprise."""
        return self._process is not None and not self._is_dead()

    def _is_dead(self) -> bool:
        return self.process.process.poll() is not None

    def _surprise(self) -> None:
        lines = self.process.lines[-3:] or ["it said nothing"]
        self.surprises.append(f"a worker ended of itself: {' | '.join(lines)}")
