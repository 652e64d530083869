"""Notices what the broker keeps and should not, and levels that it does not keep, or has lost.

A broker does not tell the retain flag of live messages, only which messages it had kept when somebody subscribes. A
level that was heard before and does not come then is unknown to whoever starts anew, us or the site's own equipment.
Source: domain.md, "Devices, health, alarms".
"""

from collections.abc import Iterable

from actors.annunciator import Annunciator
from actors.sites import Sites
from actors.tools import Tools
from syspark.contract.table import Retain
from syspark.contract.topics import Topic, parse_topic
from syspark.domain.alarm_details import NOT_RETAINED, RETAIN, RETAINED
from syspark.domain.units import SiteId

BROUGHT_WITHIN_S = 15.0
"""Of the machine's clock, after a marker has come back: some brokers send what they keep after what is live."""


class Retained:
    """One per partition taken."""

    def __init__(self, partition: int, root: str, sites: Sites, annunciator: Annunciator, tools: Tools) -> None:
        self._partition = partition
        self._root = root
        self._sites = sites
        self._annunciator = annunciator
        self._tools = tools
        self._missing: dict[str, Topic] = {}
        self._until: float | None = None

    def begin(self, heard: Iterable[str]) -> None:
        """A connection is about to subscribe; `heard` are the topics of every level heard before."""
        listened_to = set(self._sites.topics(self._partition, self._root))
        topics = {name: parse_topic(self._root, name) for name in heard if name in listened_to}
        self._missing = {
            name: topic for name, topic in topics.items() if isinstance(topic, Topic) and topic.row.retain is Retain.YES
        }
        self._until = None

    def brought(self, topic: Topic, name: str) -> None:
        """The broker had kept a message of this topic, which `name` is in full. A command that is kept acts again."""
        self._missing.pop(name, None)
        if topic.row.retain in {Retain.NO, Retain.NEVER} and self._sites.row(topic.site) is not None:
            self._annunciator.drifted(topic.site, topic.row.topic, RETAINED.written())

    def look(self) -> None:
        """Tell what did not come, once it should have; to be called while connected and caught up."""
        now = self._tools.machine.monotonic()
        if self._until is None:
            self._until = now + BROUGHT_WITHIN_S
        if now < self._until:
            return
        lost: dict[SiteId, list[str]] = {}
        for topic in self._missing.values():
            lost.setdefault(topic.site, []).append(topic.row.topic)
        self._missing.clear()
        for site, names in lost.items():
            self._annunciator.drifted(site, RETAIN, NOT_RETAINED.written(topics=", ".join(sorted(names))))
