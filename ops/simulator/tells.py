"""What was told of which car, where and when: by it a reading that a service has stored is known to be of that car."""

from collections import defaultdict
from collections.abc import Iterable

from ops.simulator.comparison import Period
from ops.simulator.layout import LANES
from ops.simulator.sessions import Read, Session
from ops.simulator.truth import PIN, SiteTruth, Stay


class Tells:
    """All that was told of some sites' cars, rightly or not."""

    def __init__(self, truths: Iterable[SiteTruth], period: Period) -> None:
        self._period = period
        self._told: dict[tuple[str, str, str], list[tuple[float, float, Stay]]] = defaultdict(list)
        for truth in truths:
            for stay in truth.stays:
                for lane in LANES:
                    for key, at_s in stay.tells(lane):
                        from_s = min(at_s, stay.dated_from_s.get(lane, at_s))
                        self._told[truth.site, lane, key].append((from_s, at_s, stay))

    def of(self, site: str, read: Read) -> list[Stay]:
        """Whose reading it may be, one as a rule."""
        tolerance_s = self._period.tolerance_s
        return [
            stay
            for from_s, at_s, stay in self._told[site, read.lane, read.key]
            if from_s - tolerance_s <= read.at_s <= at_s + tolerance_s
        ]

    def is_wrong_match(self, session: Session) -> bool:
        """Whether one car was let in for this session and quite another let out for it. A PIN proves nobody's."""
        came, left = self._cars(session, "entry"), self._cars(session, "exit")
        return not session.is_open and bool(came and left) and came.isdisjoint(left)

    def _cars(self, session: Session, lane: str) -> frozenset[str]:
        reads = [read for read in session.reads if read.lane == lane]
        if any(read.key == PIN for read in reads):
            return frozenset()
        return frozenset(stay.uid for read in reads for stay in self.of(session.site, read))
