"""The clocks of a partition's devices, measured from live messages.

Twins are told of each, for the next worker, and again when one has moved: until it has measured a clock anew, a right
one too tells when what comes after a cut was said.
"""

from collections import defaultdict, deque
from collections.abc import Iterator
from datetime import datetime

from syspark.domain.clock_offset import KEPT, MOVED_S, ClockOffset, offset_of
from syspark.domain.units import DeviceName, SiteId


class Clocks:
    """What is measured, and what the twins were told of it."""

    def __init__(self) -> None:
        self._ahead_s: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=KEPT))
        self._told: dict[str, ClockOffset] = {}
        self._moved: dict[str, ClockOffset] = {}

    def resume(self, name: str, offset: ClockOffset) -> None:
        """What a twin holds counts until it is measured again."""
        self._told[name] = offset

    def said(self, name: str, said_at: datetime, now: datetime) -> None:
        """A device (`<site>/<device>`) has told its time in a message that is received as it is sent."""
        ahead_s = self._ahead_s[name]
        ahead_s.append((said_at - now).total_seconds())
        offset, told = offset_of(ahead_s), self._told.get(name)
        if offset is not None and (told is None or _tells_more(offset, told)):
            self._told[name] = self._moved[name] = offset

    def of(self, site: SiteId, device: DeviceName) -> ClockOffset | None:
        """A device's clock; that of a device nobody has measured is its site's, where those measured agree."""
        own = self._known(f"{site}/{device}")
        if own is not None:
            return own
        prefix = f"{site}/"
        names = {name for name in (*self._told, *self._ahead_s) if name.startswith(prefix)}
        others = [offset for name in names if (offset := self._known(name)) is not None]
        if not others or max(one.seconds for one in others) - min(one.seconds for one in others) > MOVED_S:
            return None
        return max(others, key=lambda one: one.unsure_s)

    def moved(self) -> Iterator[tuple[str, ClockOffset]]:
        """The clocks their twins are to be told of, each once."""
        while self._moved:
            yield self._moved.popitem()

    def not_told(self, name: str, offset: ClockOffset) -> None:
        """The twin could not be told: it is tried again."""
        self._moved.setdefault(name, offset)

    def _known(self, name: str) -> ClockOffset | None:
        return (offset_of(self._ahead_s[name]) if name in self._ahead_s else None) or self._told.get(name)


def _tells_more(offset: ClockOffset, told: ClockOffset) -> bool:
    """Whether a clock has moved, or is known that much better."""
    return abs(offset.seconds - told.seconds) >= MOVED_S or told.unsure_s - offset.unsure_s >= MOVED_S
