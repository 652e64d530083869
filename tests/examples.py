"""How many examples a property is tried with: as many times over as EXAMPLES says, for a longer search.

Without it the same examples are tried each time, so that a change is judged by what it changes. A search draws others.
"""

import os

SEARCHES = "EXAMPLES" in os.environ

_TIMES = int(os.environ.get("EXAMPLES", "1"))


def examples(count: int) -> int:
    """This many, or so many times more."""
    return count * _TIMES
