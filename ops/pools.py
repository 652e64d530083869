"""The figures of a pool of database connections in the process's metrics."""

from syspark.metrics import Metrics
from syspark.persistence.postgres.database import Database


def measure(metrics: Metrics, pool: str, database: Database) -> None:
    """Have the pool asked whenever the metrics are read; `pool` is its label."""
    metrics.pool_connections.labels(pool).set_function(lambda: database.stats()["pool_size"])
    metrics.pool_waiting.labels(pool).set_function(lambda: database.stats()["requests_waiting"])
