"""What everything alive in a worker uses: time, ids, tasks, patience and figures."""

from dataclasses import dataclass

from actors.patience import Patience
from actors.runtime import Owned, Timers
from syspark.clock import Clock
from syspark.ids import IdSource
from syspark.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Tools:
    """One set per worker; a test's set has a clock it steps."""

    clock: Clock
    timers: Timers
    ids: IdSource
    owned: Owned
    patience: Patience
    metrics: Metrics
