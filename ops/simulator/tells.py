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
        self._told: dict[tuple[str, str, str], list[tuple[float, Stay]]] = defaultdict(list)
        for truth in truths:
            for stay in truth.stays:
                for lane in LANES:
                    for key, at_s in stay.tells(lane):
                        self._told[truth.site, lane, key].append((at_s, stay))

    def of(self, site: str, read: Read) -> list[Stay]:
        """Whose reading it may be, one as a rule."""
        period = self._period
        return [
            stay
            for at_s, stay in self._told[site, read.lane, read.key]
            if at_s - period.earliest_s <= read.at_s <= at_s + period.tolerance_s
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
