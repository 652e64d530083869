"""Columns of a batch as PostgreSQL's binary arrays.

A batch of 200 units is some 60 arrays; psycopg's general list dumper costs more than everything else of a commit.
"""

import struct
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from psycopg import AsyncConnection, Connection
from psycopg.adapt import Buffer, Dumper
from psycopg.pq import Format

_HEADER = struct.Struct(">iiIii")
_LENGTH = struct.Struct(">i")
_LONG = struct.Struct(">iq")
_INT = struct.Struct(">ii")
_BOOL = struct.Struct(">i?")
_DOUBLE = struct.Struct(">id")
_NULL = _LENGTH.pack(-1)
_EMPTY = struct.Struct(">iiI")

_POSTGRES_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Array(bytes):
    """An encoded array, to be passed as a parameter."""

    array_oid: ClassVar[int]
    element_oid: ClassVar[int]


class Uuids(Array):
    """`uuid[]`."""

    array_oid, element_oid = 2951, 2950


class Texts(Array):
    """`text[]`."""

    array_oid, element_oid = 1009, 25


class Blobs(Array):
    """`bytea[]`."""

    array_oid, element_oid = 1001, 17


class Bigints(Array):
    """`bigint[]`."""

    array_oid, element_oid = 1016, 20


class Integers(Array):
    """`integer[]`."""

    array_oid, element_oid = 1007, 23


class Doubles(Array):
    """`double precision[]`."""

    array_oid, element_oid = 1022, 701


class Booleans(Array):
    """`boolean[]`."""

    array_oid, element_oid = 1000, 16


class Instants(Array):
    """`timestamptz[]`."""

    array_oid, element_oid = 1185, 1184


def uuids(values: Iterable[UUID | None]) -> Uuids:
    """A column of ids."""
    return Uuids(_join(Uuids, [_NULL if value is None else b"\0\0\0\x10" + value.bytes for value in values]))


def texts(values: Iterable[str | None]) -> Texts:
    """A column of texts. Raises UnicodeEncodeError for a lone surrogate."""
    return Texts(_join(Texts, [_NULL if value is None else _sized(value.encode()) for value in values]))


def blobs(values: Iterable[bytes | None]) -> Blobs:
    """A column of bytes."""
    return Blobs(_join(Blobs, [_NULL if value is None else _sized(value) for value in values]))


def bigints(values: Iterable[int | None]) -> Bigints:
    """A column of 64-bit numbers. Raises struct.error beyond."""
    return Bigints(_join(Bigints, [_NULL if value is None else _LONG.pack(8, value) for value in values]))


def integers(values: Iterable[int | None]) -> Integers:
    """A column of 32-bit numbers. Raises struct.error beyond."""
    return Integers(_join(Integers, [_NULL if value is None else _INT.pack(4, value) for value in values]))


def doubles(values: Iterable[float | None]) -> Doubles:
    """A column of fractions."""
    return Doubles(_join(Doubles, [_NULL if value is None else _DOUBLE.pack(8, value) for value in values]))


def booleans(values: Iterable[bool]) -> Booleans:
    """A column of truth values."""
    return Booleans(_join(Booleans, [_BOOL.pack(1, value) for value in values]))


def instants(values: Iterable[datetime | None]) -> Instants:
    """A column of aware times. Raises TypeError for a naive one."""
    return Instants(
        _join(
            Instants,
            [_NULL if value is None else _LONG.pack(8, (value - _POSTGRES_EPOCH) // _MICROSECOND) for value in values],
        )
    )


def register(connection: AsyncConnection[Any] | Connection[Any]) -> None:
    """Teach a connection these parameters."""
    for kind in (Uuids, Texts, Blobs, Bigints, Integers, Doubles, Booleans, Instants):
        connection.adapters.register_dumper(kind, _dumper(kind))


def _dumper(kind: type[Array]) -> type[Dumper]:
    class ArrayDumper(Dumper):
        format = Format.BINARY
        oid = kind.array_oid

        def dump(self, obj: Array) -> Buffer:
            return obj

    return ArrayDumper


def _sized(value: bytes) -> bytes:
    return _LENGTH.pack(len(value)) + value


def _join(kind: type[Array], elements: Sequence[bytes]) -> bytes:
    if not elements:
        return _EMPTY.pack(0, 0, kind.element_oid)
    return _HEADER.pack(1, 1, kind.element_oid, len(elements), 1) + b"".join(elements)
