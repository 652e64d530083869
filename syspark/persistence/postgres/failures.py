"""Where psycopg's exceptions end: each becomes one of ours, or shows a bug.

What a person must repair (a missing table, a missing right) counts as unavailable, not as refused data: else every
message in flight would be parked for it.
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors as sqlstate
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

from syspark.errors import Unavailable
from syspark.ports import DataRefused

_OF_THE_DATA = (
    psycopg.DataError,
    psycopg.IntegrityError,
    sqlstate.ProgramLimitExceeded,
    struct.error,
    UnicodeEncodeError,
)


@contextmanager
def translated() -> Iterator[None]:
    """Raise `DataRefused` and `Unavailable` instead of what the driver raises."""
    try:
        yield
    except _OF_THE_DATA as error:
        raise DataRefused(described(error)) from error
    except (PoolTimeout, PoolClosed, TooManyRequests) as error:
        raise Unavailable("database", because="no connection in time") from error
    except psycopg.Error as error:
        raise Unavailable("database", because=described(error)) from error


def described(error: Exception) -> str:
    """What happened, in words that hold no row of anybody's data: server messages may quote values."""
    if not isinstance(error, psycopg.Error):
        return type(error).__name__
    about = [error.diag.table_name, error.diag.constraint_name]
    where = " ".join(name for name in about if name)
    return f"{type(error).__name__}{f' ({error.sqlstate})' if error.sqlstate else ''}{f': {where}' if where else ''}"
