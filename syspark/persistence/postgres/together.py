"""Several statements as one, which is a transaction of its own: one round trip, and no turn of the loop for each.

They are parts of a common WITH and see the database as it was before all of them: none may build on what another
writes. Before it ends it counts what each has written, and is refused whole where that is not what it must be.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache

import msgspec

from syspark.persistence.postgres.arrays import bigints
from syspark.persistence.postgres.database import Parameters

_PARAMETER = re.compile(r"%\((?P<name>[a-z_]+)\)s")


class Write(msgspec.Struct, frozen=True):
    """A named statement. `exactly` is how many rows it must write or answer with, None: as it comes."""

    name: str
    parameters: Parameters
    exactly: int | None = None


class Together:
    """Composes named statements. Where rows are counted, the statement answers with one for each.

    What is composed is kept, here and as a plan by each connection: the names of few combinations only.
    """

    def __init__(self, statements: Mapping[str, str]) -> None:
        self._statements = statements
        self._shape = cache(self._composed)

    def one(self, writes: Sequence[Write]) -> tuple[bytes, Sequence[object]]:
        """One statement for all, with its numbered parameters.

        What is counted is done in this order, and before what is not. Executed, it breaks an integrity constraint
        where a count is wrong.
        """
        statement, places = self._shape(tuple((write.name, write.exactly is not None) for write in writes))
        counts = bigints(write.exactly for write in writes)
        return statement, [counts, *(writes[place].parameters[name] for place, name in places)]

    def _composed(self, names: Sequence[tuple[str, bool]]) -> tuple[bytes, Sequence[tuple[int, str]]]:
        """The statement, and of which write which parameter follows the counts."""
        numbers: dict[tuple[int, str], int] = {}

        def numbered(place: int) -> str:
            def number(found: re.Match[str]) -> str:
                return f"${numbers.setdefault((place, found['name']), len(numbers) + 2)}"

            return _PARAMETER.sub(number, self._statements[names[place][0]])

        parts = ", ".join(f"part_{place} AS (\n{numbered(place)}\n)" for place in range(len(names)))
        # Only CASE promises an order.
        checks = " ".join(
            f"WHEN (SELECT count(*) FROM part_{place}) <> $1[{place + 1}] THEN refuse('{name}')"  # noqa: S608 - our own
            for place, (name, is_counted) in enumerate(names)
            if is_counted
        )
        return f"WITH {parts}\nSELECT CASE {checks} END".encode(), list(numbers)
