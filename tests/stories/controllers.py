"""The simulator's two boards on a line to a car park that may lose what it carries, either way, the same for a seed."""

from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise
from random import Random

from actors.testing import CarPark
from ops.simulator.agenda import Agenda
from ops.simulator.board import READ_BY_BOARDS, Board
from ops.simulator.layout import LANES, SiteLayout
from ops.simulator.message import Message
from ops.simulator.speech import V1Speech

SECRET = "s3cret-of-the-site"
STEP_S = 0.1
GAP_S = 0.2


class Boards:
    """Entry and exit board of the default site. `loses` is the share of messages that are lost on the way; `apart`:
    each board loses its own, not both the same.
    """

    def __init__(
        self,
        park: CarPark,
        *,
        holding: Iterable[str] = (),
        loses: float = 0.0,
        seed: int = 1,
        apart: bool = False,
    ) -> None:
        self._park = park
        self._chance = Random(seed)
        self._loses = loses
        self._apart = apart
        self._agenda = Agenda(park.clock.now().timestamp())
        layout = SiteLayout("default", secret=SECRET)
        speech = V1Speech(layout, self._chance)
        self.all = [Board(lane, layout, self._agenda, speech, self._say, lambda: None, gap_s=GAP_S) for lane in LANES]
        for board in self.all:
            board.acl = dict.fromkeys(holding)
        self._heard = 0
        self.lost = self.largest = 0
        self.heard: list[tuple[datetime, str]] = []

    async def connect(self) -> None:
        """Both boards connect: each lists what it holds, then asks for its state."""
        for board in self.all:
            board.connect()
        await self._park.settle()

    async def pass_time(self, seconds: float) -> None:
        """Let time pass on both sides, in small steps."""
        for _ in range(round(seconds / STEP_S)):
            await self._park.pass_time(STEP_S)
            self._hear()
            self._agenda.advance(self._park.clock.now().timestamp())
            await self._park.settle()

    async def until_in_step(self, held: set[str], *, within_s: float) -> float:
        """Let time pass until both boards hold this; how many seconds it took. Raises `TimeoutError`."""
        for passed_s in range(round(within_s)):
            if all(set(board.acl) == held for board in self.all):
                return passed_s
            await self.pass_time(1)
        raise TimeoutError(f"the boards hold {[len(board.acl) for board in self.all]} badges after {within_s} s")

    @property
    def too_large_or_close(self) -> int:
        """Messages that a board could not take."""
        return sum(board.too_large + board.too_close for board in self.all)

    @property
    def closest_s(self) -> float:
        """The shortest time between two messages that the boards read, lost or not."""
        return min((later - sooner).total_seconds() for (sooner, _), (later, _) in pairwise(self.heard))

    def told(self, family: str) -> int:
        """How many messages of a family the site was sent, lost or not."""
        return sum(topic.startswith(f"{family}/") for _, topic in self.heard)

    def _hear(self) -> None:
        for seen in self._park.seen[self._heard :]:
            topic = seen.topic.removeprefix("parking/")
            if not topic.startswith(READ_BY_BOARDS) or topic in {"acl/list", "acl/event"}:
                continue
            self.heard.append((seen.at, topic))
            self.largest = max(self.largest, len(seen.payload))
            self._agenda.advance(seen.at.timestamp())
            if not self._apart and self._is_lost():
                continue
            for board in self.all:
                if not (self._apart and self._is_lost()):
                    board.hear(topic, seen.payload)
        self._heard = len(self._park.seen)

    def _say(self, message: Message) -> None:
        if not self._is_lost():
            self._park.broker.publish(
                f"parking/{message.topic}", message.payload, qos=message.qos, retain=message.retain
            )

    def _is_lost(self) -> bool:
        gone = self._chance.random() < self._loses
        self.lost += gone
        return gone
