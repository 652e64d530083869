"""Everything this process counts and measures, in one typed object.

Labels take their values from closed lists (families, kinds, fates, partitions) and never name a site, a device, a
session or a person: a metric's cost must not grow with the fleet, and a scrape must not tell who parked.
"""

from dataclasses import dataclass
from typing import TypeVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

import syspark
from syspark.rows import Fate, NoticeFate

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_RISKS = (1e-6, 1e-5, 1e-4, 3e-4, 1e-3, 1e-2)
_ROWS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)

_Kind = TypeVar("_Kind", Counter, Gauge)


@dataclass(frozen=True)
class Described:
    """One metric as people are told about it; `name` is what a rule or a dashboard writes."""

    name: str
    type: str
    labels: tuple[str, ...]
    meaning: str


class Metrics:
    """The metrics of one process, on a registry of their own."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for every counter, which nothing of ours reads
        self.registry = CollectorRegistry(auto_describe=True)
        self._described: list[Described] = []
        ProcessCollector(registry=self.registry)
        build_info = self.gauge("build_info", "Always 1; the version that runs is in the label", "version")
        build_info.labels(syspark.__version__).set(1)
        self._define_inbox()
        self._define_commits()
        self._define_actors()
        self._define_outbox()
        self._define_alarms()
        self._define_money()
        self._define_partitions()
        self._define_pools()

    def render(self) -> bytes:
        """The Prometheus text format, sent as `CONTENT_TYPE`. It reads `/proc`: call it in a thread."""
        return generate_latest(self.registry)

    def described(self) -> tuple[Described, ...]:
        """Every metric of ours, by name."""
        return tuple(sorted(self._described, key=lambda metric: metric.name))

    def _define_inbox(self) -> None:
        self.inbox_rows = self.counter("inbox_rows_total", "Inbox rows inserted and committed", "kind")
        self.facts_received = self.counter(
            "facts_received_total", "Messages of sites that were understood", "family", "kind"
        )
        self.rejected = self.counter("rejected_messages_total", "Messages that were not understood", "reason")
        self.duplicates = self.counter("duplicates_total", "Deliveries without effect, by what told them", "by")
        self.parked_rows = self.counter(
            "inbox_rows_parked_total", "Rows put aside after failing, for a person to look at"
        )
        self.oldest_undone_seconds = self.gauge(
            "inbox_oldest_undone_seconds",
            "Age of a partition's oldest row without a decision; 0: none waits",
            "partition",
        )

    def _define_commits(self) -> None:
        self.commit_units = self.histogram("commit_units", "Units decided in one commit", _ROWS)
        self.commit_seconds = self.histogram("commit_duration_seconds", "Time of one commit attempt", _SECONDS)
        self.commit_retries = self.counter(
            "commit_retries_total", "Commits tried again after an outage or a lost answer"
        )
        self.commit_halvings = self.counter("commit_halvings_total", "Batches halved to find the unit that is refused")
        self.unit_outcomes = self.counter("commit_unit_outcomes_total", "Units by how their commit ended", "outcome")

    def _define_actors(self) -> None:
        self.actors_alive = self.gauge("actors_alive", "Actors in memory", "kind")
        self.mailbox_messages = self.gauge(
            "actor_mailbox_messages", "Messages in memory that wait for actors of a kind, or are being handled", "kind"
        )
        self.messages_handled = self.counter("actor_messages_total", "Messages that actors took up", "kind")
        self.handling_seconds = self.counter(
            "actor_handling_seconds_total",
            "Time from taking up messages to their handlers' ends, waiting included",
            "kind",
        )
        self.actor_failures = self.counter("actor_failures_total", "Messages and starts whose handler raised", "kind")
        self.actor_restarts = self.counter("actor_restarts_total", "Actors that crashed and were brought back", "kind")
        self.timers_fired = self.counter("timers_fired_total", "Deadlines that came due", "kind")
        self.loop_lag_seconds = self.histogram("loop_lag_seconds", "How late the event loop runs what is due", _SECONDS)
        self.loop_holds = self.counter(
            "loop_holds_total", "Times one handler kept the event loop from everybody else; other: no actor's", "kind"
        )

        self.match_risk = self.histogram(
            "match_risk",
            "Per plate read: the share of exits at which one vehicle inside would be taken for another",
            _RISKS,
        )
        self.twins = self.gauge("twins", "Devices by what is held of their health; heard: they do not beat", "health")

    def _define_outbox(self) -> None:
        self.outbox_fates = self.counter("outbox_commands_total", "Commands by the fate they came to", "fate")
        for fate in Fate:
            self.outbox_fates.labels(fate)  # or the first to come is no increase to a rule
        self.publish_delay_seconds = self.histogram(
            "outbox_publish_delay_seconds", "Time from the decision to its publication", _SECONDS
        )

    def _define_alarms(self) -> None:
        self.alarms = self.counter("alarms_total", "Alarms by what people are told of them", "kind", "news")
        self.notices = self.counter(
            "notices_total", "What people were to be told of alarms, by what became of it", "fate"
        )
        self.oldest_notice_seconds = self.gauge(
            "notices_oldest_seconds", "Age of the oldest notice that nobody was sent yet; 0: none waits"
        )
        for fate in NoticeFate:
            self.notices.labels(fate)

    def _define_money(self) -> None:
        self.personal_data = self.gauge(
            "personal_data", "What is held that names a person, counted once a night", "kind", "age"
        )
        self.reconciled_words = self.counter(
            "payments_reconciled_total", "What the payment provider had to be asked for, since no webhook brought it"
        )

    def _define_partitions(self) -> None:
        self.leases_held = self.gauge("leases_held", "Partitions this worker owns; none is standby")
        self.lease_epoch = self.gauge("lease_epoch", "Epoch under which a partition is owned", "partition")
        self.link_connected = self.gauge(
            "link_connected", "1 while a partition's broker connection stands", "partition"
        )
        self.unacked_messages = self.gauge(
            "link_unacked_messages", "Messages received and not yet acknowledged", "partition"
        )
        self.marker_seconds = self.histogram(
            "link_marker_round_trip_seconds", "Time of our own marker through the broker and back", _SECONDS
        )

    def _define_pools(self) -> None:
        self.pool_connections = self.gauge("pool_connections", "Database connections, open or being opened", "pool")
        self.pool_waiting = self.gauge("pool_requests_waiting", "Callers that wait for a database connection", "pool")

    def counter(self, name: str, meaning: str, *labels: str) -> Counter:
        """A new counter; `name` is without our prefix."""
        return self._labelled(Counter, "counter", name, meaning, labels)

    def gauge(self, name: str, meaning: str, *labels: str) -> Gauge:
        """A new gauge."""
        return self._labelled(Gauge, "gauge", name, meaning, labels)

    def _labelled(self, of: type[_Kind], kind: str, name: str, meaning: str, labels: tuple[str, ...]) -> _Kind:
        self._described.append(Described(f"syspark_{name}", kind, labels, meaning))
        return of(f"syspark_{name}", meaning, labels, registry=self.registry)

    def histogram(self, name: str, meaning: str, buckets: tuple[float, ...]) -> Histogram:
        """A new histogram."""
        self._described.append(Described(f"syspark_{name}", "histogram", (), meaning))
        return Histogram(f"syspark_{name}", meaning, buckets=buckets, registry=self.registry)


def metrics_table(metrics: Metrics) -> str:
    """A Markdown table of every metric: name, type, labels, meaning."""
    lines = ["| name | type | labels | meaning |", "|---|---|---|---|"]
    for metric in metrics.described():
        labels = " ".join(f"`{label}`" for label in metric.labels)
        lines.append(f"| `{metric.name}` | {metric.type} | {labels} | {metric.meaning} |".replace("|  |", "| |"))
    return "\n".join(lines) + "\n"
