"""A site's bridge to the cloud: what may pass, what waits while the line is cut, and what goes wrong on the way.

`up` waits in order, `down` never does: the session is clean. Which topics pass is derived from the contract's table, as
the edge's configuration file is. Source: contract.md, "Facts about the field equipment" and "Security of the contract".
"""

from collections import deque
from collections.abc import Callable, Sequence
from random import Random

from ops.simulator.agenda import Agenda
from ops.simulator.layout import Faults
from ops.simulator.message import Message, Publication
from ops.simulator.speech import V1Speech, V2Speech
from syspark.contract.table import Kind, Row, Way, rows

LONGEST_QUEUE = 10_000
STATE_TOPIC = "bridge/state"
INSTANTANEOUS = ("barriere", "barriere_entree", "camera", "ascenseur")
REORDER_S = 0.5
REPLAYED_TWICE = 0.3
_SAID_BY_BRIDGE = frozenset({STATE_TOPIC, "replay/event"})


class Bridge:
    """One site's. What is to be published collects in `outgoing`; `heard` gets what comes down."""

    def __init__(
        self,
        prefix: str,
        agenda: Agenda,
        chance: Random,
        faults: Faults,
        speech: V1Speech,
        heard: Callable[[str, bytes], None],
    ) -> None:
        self._prefix = prefix
        self._agenda = agenda
        self._chance = chance
        self._faults = faults
        self._speech = speech
        self._heard = heard
        self._up = {row.topic: row for row in rows(Way.UP) if row.topic not in _SAID_BY_BRIDGE}
        self._down = {row.topic: row for row in rows(Way.DOWN)}
        self._waiting: deque[tuple[float, Message]] = deque()
        self._overtaken: Message | None = None
        self.outgoing: deque[Publication] = deque()
        self.is_up = False
        self.changed_s = float("-inf")
        self.dropped_down = 0
        self.dropped_up = 0
        self.stopped: set[str] = set()

    @property
    def will(self) -> Publication:
        """What the broker publishes when the line is cut."""
        return Publication(f"{self._prefix}/{STATE_TOPIC}", b"0", 1, retain=True)

    @property
    def untold(self) -> int:
        """How many messages wait here for the line."""
        return len(self._waiting) + len(self.outgoing)

    @property
    def subscriptions(self) -> Sequence[tuple[str, int]]:
        """The `down` topics with their QoS: what must never wait comes at 0."""
        return [
            (f"{self._prefix}/{row.topic}", 0 if row.family in INSTANTANEOUS else row.qos)
            for row in self._down.values()
        ]

    def connected(self, levels: Sequence[Message]) -> None:
        """The line stands: tell so first, then the site's levels, then what had to wait."""
        self.is_up = True
        self.changed_s = self._agenda.now_s
        self._put(Message(STATE_TOPIC, b"1", 1, retain=True))
        waiting, self._waiting = self._waiting, deque()
        told = set() if isinstance(self._speech, V2Speech) else {message.topic for _, message in waiting}
        for level in levels:
            if level.topic not in told:
                self._put(Message(level.topic, level.payload, level.qos))
        if isinstance(self._speech, V2Speech):
            self._replay(self._speech, waiting)
            return
        for _, message in waiting:
            self._put(message)

    def lost(self) -> None:
        """The line is cut; what goes out now waits."""
        if self.is_up:
            self.is_up = False
            self.changed_s = self._agenda.now_s

    def up(self, message: Message) -> None:
        """A message of the site's equipment, on its way with what may go wrong."""
        if self._rule(message.topic) is None:
            self.stopped.add(message.topic)
            return
        if message.qos and self._chance.random() < self._faults.delay:
            self._agenda.after(self._chance.uniform(0.3, self._faults.longest_delay_s), lambda: self._pass(message))
            return
        if message.qos and self._overtaken is None and self._chance.random() < self._faults.reorder:
            self._overtaken = message
            self._agenda.after(REORDER_S, self._let_pass)
            return
        self._pass(message)
        if message.qos:
            self._let_pass()

    def replay(self, message: Message) -> None:
        """What the site's own box has kept, told whatever the equipment may say; nothing while the line is cut."""
        if self.is_up:
            self._put(message)

    def down(self, topic: str, payload: bytes) -> None:
        """A message of the cloud, under its full topic; lost while the line is cut."""
        local = topic.removeprefix(f"{self._prefix}/")
        if not self.is_up or local not in self._down:
            self.dropped_down += 1
        else:
            self._heard(local, payload)

    def _let_pass(self) -> None:
        if self._overtaken is not None:
            overtaken, self._overtaken = self._overtaken, None
            self._pass(overtaken)

    def _pass(self, message: Message) -> None:
        self._send(message)
        if message.qos and self._chance.random() < self._faults.duplicate:
            self._agenda.after(self._chance.uniform(0.05, 1.0), lambda: self._send(message))

    def _send(self, message: Message) -> None:
        if self.is_up:
            self._put(message)
        elif message.qos:
            self._waiting.append((self._agenda.now_s, message))
            if len(self._waiting) > LONGEST_QUEUE:
                self._waiting.popleft()
                self.dropped_up += 1

    def _replay(self, speech: V2Speech, waiting: Sequence[tuple[float, Message]]) -> None:
        """Newer edges tell what they kept with its time; levels have been told already."""
        facts = [(at_s, message) for at_s, message in waiting if self._is_fact(message)]
        told = [speech.replay(message, at_s) for at_s, message in facts]
        for message in told:
            self._put(message)
        if told and self._chance.random() < REPLAYED_TWICE:
            for message in told:
                self._put(message)

    def _is_fact(self, message: Message) -> bool:
        row = self._rule(message.topic)
        return row is not None and row.kind is Kind.FACT

    def _put(self, message: Message) -> None:
        row = self._rule(message.topic)
        qos = min(message.qos, row.qos) if row is not None else message.qos
        self.outgoing.append(Publication(f"{self._prefix}/{message.topic}", message.payload, qos, message.retain))

    def _rule(self, topic: str) -> Row | None:
        device, slash, channel = topic.partition("/")
        return self._up.get(device.partition("-")[0] + slash + channel)
