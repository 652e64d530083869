"""A database in memory that keeps the promises of `syspark.ports`, with faults on demand.

For tests and for the developers' harness; it passes the same contract suite as PostgreSQL.
"""

from syspark.persistence.memory.faults import Call, Faults, Gate, Ghost
from syspark.persistence.memory.sites import ORGANISATION, default_site
from syspark.persistence.memory.stores import MemoryStores
from syspark.persistence.memory.tables import StoredRow

__all__ = ["ORGANISATION", "Call", "Faults", "Gate", "Ghost", "MemoryStores", "StoredRow", "default_site"]
