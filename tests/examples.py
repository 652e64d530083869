"""How many examples a property is tried with: as many times over as EXAMPLES says, for a longer search."""

import os

_TIMES = int(os.environ.get("EXAMPLES", "1"))


def examples(count: int) -> int:
    """This many, or so many times more."""
    return count * _TIMES
