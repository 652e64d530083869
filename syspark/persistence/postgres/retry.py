"""For writes that are safe to ask for again: there a lost answer is nothing but an outage."""

from collections.abc import Awaitable
from typing import TypeVar

from syspark.errors import Unavailable
from syspark.ports import CommitUnknown

T = TypeVar("T")


async def answered(work: Awaitable[T]) -> T:
    """Do work that may be retried whatever became of it. Raises `Unavailable` instead of `CommitUnknown`."""
    try:
        return await work
    except CommitUnknown as error:
        raise Unavailable("database", because="its answer to COMMIT was lost") from error
