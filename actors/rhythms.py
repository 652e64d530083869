"""How regularly the topics of a partition's devices speak; twins are told what was learned, and who speaks no more."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from msgspec.structs import replace

from syspark.domain.rhythm import Rhythm, heard_after, is_silent_after
from syspark.domain.units import DeviceName, SiteId

WORTH_TELLING = 1.5
"""How much longer than a twin knows a silence has to be: the first fifty messages of a topic make ten rows at most."""


@dataclass(frozen=True, slots=True)
class OneTopic:
    """A topic of a site, `about` it as the site says it: `sensor_gate/present`."""

    site: SiteId
    device: DeviceName
    about: str


@dataclass(slots=True)
class _Watched:
    """What is learned of a topic, what its twin was told, and how much its site had said when it spoke last."""

    rhythm: Rhythm = field(default_factory=Rhythm)
    told: Rhythm = field(default_factory=Rhythm)
    spoke_at: int = 0


class Rhythms:
    """What is learned, in memory, and what is to be told. After a start silence counts from there."""

    def __init__(self) -> None:
        self._said: Counter[SiteId] = Counter()
        self._watched: defaultdict[SiteId, dict[OneTopic, _Watched]] = defaultdict(dict)
        self._moved: dict[OneTopic, None] = {}

    def resume(self, topic: OneTopic, rhythm: Rhythm) -> None:
        """Go on from what a twin holds."""
        self._watched[topic.site][topic] = _Watched(rhythm, rhythm, self._said[topic.site])

    def said(self, topic: OneTopic) -> None:
        """A topic that vehicles make speak has spoken. Costs as much as its site has such topics."""
        site = self._watched[topic.site]
        own = site.setdefault(topic, _Watched(spoke_at=self._said[topic.site]))
        own.rhythm = heard_after(own.rhythm, self._said[topic.site] - own.spoke_at)
        self._said[topic.site] += 1
        own.spoke_at = self._said[topic.site]
        self._note(topic, own)
        for other, watched in site.items():
            if not watched.rhythm.silent and is_silent_after(watched.rhythm, own.spoke_at - watched.spoke_at):
                watched.rhythm = replace(watched.rhythm, silent=True)
                self._note(other, watched)

    def moved(self) -> Iterator[tuple[OneTopic, Rhythm]]:
        """What their twins are to be told, each once."""
        while self._moved:
            topic, _ = self._moved.popitem()
            watched = self._watched[topic.site][topic]
            watched.told = watched.rhythm
            yield topic, watched.rhythm

    def not_told(self, topic: OneTopic) -> None:
        """The twin could not be told: it is tried again."""
        self._moved[topic] = None

    def _note(self, topic: OneTopic, watched: _Watched) -> None:
        now, told = watched.rhythm, watched.told
        if now.silent != told.silent or (
            now.is_regular
            and (not told.is_regular or now.heard < told.heard or now.longest > WORTH_TELLING * told.longest)
        ):
            self._moved[topic] = None
