"""Whether an owner's commands and decisions end where its successor's begin."""

import itertools
import json
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from paho.mqtt.client import Client, MQTTMessage

from tests.killing.edge import Edge

DECISIONS = (
    "SELECT partition, epoch, min(created_at), max(created_at), count(*) FROM outbox GROUP BY 1, 2 ORDER BY 1, 2"
)
PARTITIONS = "SELECT site_id, partition FROM site"
SLACK_S = 0.05
"""Decisions of two processes are put in order by their clocks, which are this machine's."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A command as the broker delivered it; `epoch` is the right its sender held."""

    at: float
    site: str
    epoch: int
    command_id: str


class EpochEdge(Edge):
    """Equipment that notes under which epoch each command was sent, and refuses one that comes after its expiry, as v2
    equipment does: a line that swallows packets may bring it then.
    """

    def __init__(self, port: int, sites: Sequence[Any], *, qos: int) -> None:
        super().__init__(port, sites, qos=qos)
        self.heard: list[Heard] = []
        self.refused = 0

    def _on_message(self, client: Client, userdata: object, message: MQTTMessage) -> None:
        form, now = json.loads(message.payload), time.time()
        self.heard.append(Heard(now, self._topics[message.topic][0], form["epoch"], form["command_id"]))
        if form["expires_ts"] / 1000 < now:
            self.refused += 1
        else:
            super()._on_message(client, userdata, message)


def partitions_of(url: str) -> Mapping[str, int]:
    """Where each site lives."""
    with psycopg.connect(url) as connection:
        return dict(connection.execute(PARTITIONS).fetchall())


def outdated_commands(heard: Sequence[Heard], partitions: Mapping[str, int]) -> Iterator[str]:
    """Commands of an old epoch that reached the broker after the first of a newer one, in its own order."""
    newest: dict[int, Heard] = {}
    for one in heard:
        partition = partitions[one.site]
        before = newest.get(partition)
        if before is not None and one.epoch < before.epoch:
            yield (
                f"command {one.command_id} of epoch {one.epoch} came {one.at - before.at:.3f} s after one of epoch "
                f"{before.epoch} in partition {partition}"
            )
        else:
            newest[partition] = one


def outdated_decisions(url: str) -> Iterator[str]:
    """Commands decided under an old epoch after the first that was decided under a newer one."""
    spans: dict[int, list[tuple[int, Any, Any]]] = defaultdict(list)
    with psycopg.connect(url) as connection:
        for partition, epoch, first, last, _ in connection.execute(DECISIONS).fetchall():
            spans[partition].append((epoch, first, last))
    for partition, epochs in spans.items():
        for (old, _, last), (new, first, _) in itertools.pairwise(epochs):
            over_s = (last - first).total_seconds()
            if over_s > SLACK_S:
                yield f"partition {partition}: epoch {old} decided {over_s:.3f} s after epoch {new} had begun"
