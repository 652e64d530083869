"""What the runtime counts, for whoever keeps the counters."""

from __future__ import annotations


class Counters:
    """Where the runtime reports, by kind of actor; this one counts nothing.

    Called on the loop, several times a message under load: every method must be quick and must not raise.
    """

    def handled(self, kind: str, count: int, seconds: float) -> None:
        """Actors of this kind took up ``count`` messages more, or spent ``seconds`` more in their handlers.

        What a coroutine handler waits for is counted as spent.
        """

    def failed(self, kind: str) -> None:
        """A handler or ``on_start`` of this kind raised, whether the actor lives on or not."""

    def restarted(self, kind: str) -> None:
        """An actor of this kind that had crashed is back."""

    def alive(self, kind: str, change: int) -> None:
        """There are ``change`` actors of this kind more, or fewer."""
