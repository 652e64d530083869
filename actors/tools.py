"""What everything alive in a worker uses: time, ids, tasks, patience and figures."""

from dataclasses import dataclass

from actors.patience import Patience
from actors.runtime import Owned, Timers
from syspark.clock import Clock, machine_seconds
from syspark.ids import IdSource
from syspark.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Tools:
    """One set per worker; a test's set has a clock it steps.

    `clock` is the field's: how old a fact is, when a command expires, what is recorded. `machine` is the machine's: how
    long a broker or a database is waited for, how long a lease runs, what is measured; `timers` wait on it. Only in a
    trial that lets the field hurry are they two (decision record 11).
    """

    clock: Clock
    machine: Clock
    timers: Timers
    ids: IdSource
    owned: Owned
    patience: Patience
    metrics: Metrics

    def machine_seconds(self, field_s: float) -> float:
        """How long to wait on the machine's clock for so many seconds of the field's."""
        return machine_seconds(self.clock, field_s)
