"""Slowing down whoever fails or asks too often. Source: quality.md, "Security".

Counted per process: a few processes let through a few times as many, and nothing needs to be stored. (Plates tried on
the portal are counted for all of them: `web/pay/guard.py`.) Kept here rather
than in a library because ours take the process's clock and start neither thread nor timer.
"""

from collections import deque

from cachetools import LRUCache

from syspark.clock import Clock

CLIENTS_KEPT = 20_000


class Slowdown:
    """After `allowed` failures within `window_s`, each further try has to wait longer; never for good."""

    def __init__(self, clock: Clock, *, allowed: int = 10, window_s: float = 900, longest_s: float = 60) -> None:
        self._clock = clock
        self._allowed = allowed
        self._window_s = window_s
        self._longest_s = longest_s
        self._failures: LRUCache[str, deque[float]] = LRUCache(CLIENTS_KEPT)

    def wait_s(self, *keys: str) -> float:
        """Seconds until the next try is looked at; 0: now."""
        return max(map(self._wait_s, keys), default=0.0)

    def failed(self, *keys: str) -> None:
        """Count a failure."""
        now = self._clock.monotonic()
        for key in keys:
            failures = self._failures.get(key)
            if failures is None:
                failures = self._failures[key] = deque(maxlen=self._allowed + 16)
            failures.append(now)

    def succeeded(self, key: str) -> None:
        """Forget the failures of a key."""
        self._failures.pop(key, None)

    def _wait_s(self, key: str) -> float:
        failures = self._failures.get(key)
        if failures is None:
            return 0.0
        now = self._clock.monotonic()
        while failures and now - failures[0] > self._window_s:
            failures.popleft()
        beyond = len(failures) - self._allowed
        if beyond < 0:
            return 0.0
        wait_s = min(self._longest_s, 2.0 ** (beyond + 1))
        return max(0.0, failures[-1] + wait_s - now)


class Rate:
    """A bucket per key: `burst` at once, then `per_s` a second."""

    def __init__(self, clock: Clock, *, per_s: float, burst: int) -> None:
        self._clock = clock
        self._per_s = per_s
        self._burst = burst
        self._buckets: LRUCache[bytes, tuple[float, float]] = LRUCache(CLIENTS_KEPT)

    def allows(self, key: bytes) -> bool:
        """Take one, if there is one."""
        now = self._clock.monotonic()
        left, since = self._buckets.get(key, (float(self._burst), now))
        left = min(self._burst, left + (now - since) * self._per_s)
        self._buckets[key] = (left - 1 if left >= 1 else left, now)
        return left >= 1
