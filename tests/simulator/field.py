"""A whole site on virtual time, without a broker: what it publishes is here, what it is told comes from the test."""

import json
from collections.abc import Callable

from ops.simulator.agenda import Agenda
from ops.simulator.badges import made_badges
from ops.simulator.layout import Faults, SiteLayout, Traffic
from ops.simulator.message import Publication
from ops.simulator.site import Conditions, SiteField

BEGAN_S = 1_800_000_000.0
Answer = Callable[["Bench", Publication], None]


class Bench:
    """A site with its bridge connected; `answer` stands for the cloud and sees each publication at its time."""

    def __init__(
        self,
        layout: SiteLayout | None = None,
        *,
        seed: int = 1,
        faults: Faults | None = None,
        traffic: Traffic | None = None,
        answer: Answer | None = None,
    ) -> None:
        self.layout = layout or SiteLayout("default")
        conditions = Conditions(
            seed=seed, faults=faults or Faults(reboots_per_hour=0), traffic=traffic or Traffic(cars_per_hour=1e-9)
        )
        self.badges = made_badges([self.layout], seed)[self.layout.name]
        self.site = SiteField(self.layout, self.badges, conditions, Agenda(BEGAN_S))
        self.published: list[tuple[float, Publication]] = []
        self._answer = answer
        self.site.connected()
        self.site.start()
        self.collect()

    @property
    def now_s(self) -> float:
        """Seconds since the site was switched on."""
        return self.site.agenda.now_s - BEGAN_S

    def pass_time(self, seconds: float) -> None:
        """Let so many seconds pass, one happening after the other."""
        end_s = self.site.agenda.now_s + seconds
        while (due_s := self.site.agenda.next_s) is not None and due_s <= end_s:
            self.site.advance(due_s)
            self.collect()
        self.site.advance(end_s)
        self.collect()

    def collect(self) -> None:
        """Take what the bridge hands on, and let the cloud answer."""
        while self.site.bridge.outgoing:
            publication = self.site.bridge.outgoing.popleft()
            self.published.append((self.now_s, publication))
            if self._answer is not None:
                self._answer(self, publication)

    def forget(self) -> None:
        """Begin a new list."""
        self.published.clear()

    def payloads(self, topic: str) -> list[bytes]:
        """What a topic has carried."""
        return [publication.payload for _, publication in self.published if publication.topic == topic]

    def hear(self, topic: str, payload: bytes | str) -> None:
        """The cloud says something, on the topic below the site's prefix."""
        body = payload.encode() if isinstance(payload, str) else payload
        self.site.hear(f"{self.layout.prefix('parking')}/{topic}", body)
        self.collect()


def admit(bench: Bench, publication: Publication) -> None:
    """A cloud that knows every badge of the site, tells lanes apart, and answers at once."""
    topic = publication.topic.removeprefix(f"{bench.layout.prefix('parking')}/")
    if topic != "barriere":
        return
    text = publication.payload.decode().replace(" ", "").rstrip("\0")
    uid = json.loads(text).get("uid", "") if text.startswith("{") else text
    known = {*bench.badges.subscribers, *bench.badges.visitors}
    if uid[:8].upper() in known:
        exits = bench.site.exit.front is not None and bench.site.exit.front.stay.uid == uid[:8].upper()
        bench.hear("barriere/cmd" if exits else "barriere_entree/cmd", "100")
