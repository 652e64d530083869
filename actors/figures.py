"""The runtime's figures in the process's metrics."""

from collections.abc import Callable

from actors.runtime import Counters
from syspark.metrics import Metrics


class ActorFigures(Counters):
    """Counts by kind of actor. The labelled series are kept: looking one up costs more than counting."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._handled: dict[str, tuple[Callable[[float], None], Callable[[float], None]]] = {}

    def waiting(self, kind: str, count: Callable[[], int]) -> None:
        """Have `count` asked, in a thread, whenever the length of a kind's mailboxes is wanted."""
        self._metrics.mailbox_messages.labels(kind).set_function(count)
        self._metrics.actor_restarts.labels(kind)  # or the first crash is no increase to a rule

    def handled(self, kind: str, count: int, seconds: float) -> None:
        """Count messages, and the time they took."""
        series = self._handled.get(kind)
        if series is None:
            messages, time = self._metrics.messages_handled.labels(kind), self._metrics.handling_seconds.labels(kind)
            series = self._handled[kind] = messages.inc, time.inc
        if count:
            series[0](count)
        series[1](seconds)

    def failed(self, kind: str) -> None:
        """Count a failure."""
        self._metrics.actor_failures.labels(kind).inc()

    def restarted(self, kind: str) -> None:
        """Count a return."""
        self._metrics.actor_restarts.labels(kind).inc()

    def alive(self, kind: str, change: int) -> None:
        """Count the living."""
        self._metrics.actors_alive.labels(kind).inc(change)
