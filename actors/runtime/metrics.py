"""What the runtime counts, for whoever keeps the counters."""

from __future__ import annotations

from typing import Protocol


class Counters(Protocol):
    """Where the runtime reports; called on the loop, so every method must be quick and must not raise."""

    def handled(self, kind: str, count: int) -> None:
        """Actors of this kind handled ``count`` messages more."""

    def crashed(self, kind: str) -> None:
        """An actor of this kind ended by an exception."""

    def alive(self, kind: str, change: int) -> None:
        """There are ``change`` actors of this kind more, or fewer."""


class NoCounters:
    """Counts nothing."""

    def handled(self, kind: str, count: int) -> None:
        """See `Counters`."""

    def crashed(self, kind: str) -> None:
        """See `Counters`."""

    def alive(self, kind: str, change: int) -> None:
        """See `Counters`."""
