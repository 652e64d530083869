"""The two families of errors that are not bugs: those that pass, and those that stay.

A gateway turns its driver's exceptions into one of these at its edge; whoever catches them decides from the family
alone. Everything else that is raised is a bug and is treated as one.
"""

from typing import Literal

Dependency = Literal["database", "broker", "payments", "telegram", "weather"]
"""What this process depends on and cannot repair itself."""


class TransientError(Exception):
    """It may work later: try again after `delay_s` seconds, unchanged."""

    def __init__(self, message: str, *, delay_s: float) -> None:
        super().__init__(message)
        self.delay_s = delay_s


class PermanentError(Exception):
    """It will never work as asked: refuse, park or tell a person; do not try again."""


class Unavailable(TransientError):  # noqa: N818 - a state of the world, read as "the database is unavailable"
    """A dependency is away. `what` names it for people and `/readyz`; `because` may add a reason without secrets."""

    def __init__(self, what: Dependency, *, because: str = "", delay_s: float = 1.0) -> None:
        super().__init__(f"{what} unavailable{f': {because}' if because else ''}", delay_s=delay_s)
        self.what = what
