"""The plates of vehicles inside, found by what they look like at a cost that does not grow with their number."""

import itertools
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator

from syspark.domain import plates, risk
from syspark.domain.identity import masked
from syspark.domain.site.state import Near, Visit
from syspark.domain.units import HolderKey, Plate, SessionId

COMPARED = 100
"""At most so many plates are compared with the one read: a fleet's plates all look alike."""
SUGGESTED = 3
"""So many visits may be suggested for a vehicle at the exit."""
RENEWED = 32
"""So many plates are looked at anew with each that comes or goes, once a site's confusions are other ones."""
READ_KEPT = 256
"""More plates than lanes remember, and than leave while their exit may be repeated."""


class Neighbours:
    """An index in memory, from each plate's variants to those inside who have them, and the plates read lately."""

    def __init__(self, visit_of: Callable[[HolderKey], Visit | None]) -> None:
        self._visit_of = visit_of
        self._inside: dict[HolderKey, Plate] = {}
        self._by_variant: dict[str, tuple[HolderKey, ...]] = {}
        self._read: OrderedDict[HolderKey, Plate] = OrderedDict()
        self._taken_for: dict[HolderKey, dict[HolderKey, float]] = {}
        self._shares = 0.0
        self._learned = plates.NONE
        self._stale: deque[HolderKey] = deque()

    def learn(self, pairs: frozenset[str]) -> None:
        """Take these characters for one another too, from now on; what that means for the risk is found by and by."""
        if pairs != self._learned:
            self._learned = pairs
            self._stale = deque(self._inside)

    def read(self, key: HolderKey, plate: Plate) -> None:
        """Remember a plate for a while: a visit may begin by it."""
        self._read[key] = plate
        self._read.move_to_end(key)
        if len(self._read) > READ_KEPT:
            self._read.popitem(last=False)

    def follow(self, keys: Iterable[HolderKey]) -> None:
        """Have the plates of these holders in the index while their vehicle is inside."""
        for key in keys:
            visit = self._visit_of(key)
            if visit is None or not visit.inside:
                self._remove(key)
            elif key in self._read:
                self._add(key, self._read[key])
        for _ in range(min(RENEWED, len(self._stale))):
            stale = self._stale.popleft()
            if stale in self._inside:
                self._forget_confusable(stale)
                self._note_confusable(stale, self._inside[stale])

    def plate_of(self, key: HolderKey) -> Plate | None:
        """The plate of a holder inside, or read lately."""
        return self._inside.get(key) or self._read.get(key)

    @property
    def match_risk(self) -> float:
        """The share of exits at which one of those inside would be taken for another."""
        return risk.match_risk(len(self._inside), self._shares if self._taken_for else 0.0, self._learned)

    def near(self, plate: Plate) -> tuple[Near, ...]:
        """The open visits whose plates look most like one that is none of theirs, the most alike first."""
        compared = self.alike(plate)
        nearest: dict[SessionId, tuple[float, Visit, Plate]] = {}
        within: set[SessionId] = set()
        for key, other in compared.items():
            visit, apart = self._visit_of(key), plates.distance(plate, other, self._learned)
            if visit is None or apart > plates.NEAR_EDITS:
                continue
            if visit.session_id not in nearest or apart < nearest[visit.session_id][0]:
                nearest[visit.session_id] = (apart, visit, other)
            if plates.edits(plate, other) <= plates.NEAR_EDITS:
                within.add(visit.session_id)
        first = sorted(nearest.values(), key=lambda one: (one[0], one[1].session_id))[:SUGGESTED]
        return tuple(
            Near(
                visit=visit,
                masked=masked(other),
                distance=apart,
                confusion=(confused := self._are_confused(plate, other)),
                alone=len(compared) < COMPARED and within <= {visit.session_id},
                learned=(confused and plates.substitution(plate, other)) or "",
            )
            for apart, visit, other in first
        )

    def alike(self, plate: Plate) -> dict[HolderKey, Plate]:
        """Whom to compare a plate with, at most `COMPARED`: everybody within two edits, not counting confusions.

        Whoever has the same folded plate comes first.
        """
        found: dict[HolderKey, Plate] = {}
        for key in self._sharing(plate):
            found[key] = self._inside[key]
            if len(found) == COMPARED:
                break
        return found

    def confused(self, plate: Plate, keys: Iterable[HolderKey]) -> tuple[HolderKey, ...]:
        """Those of the holders whose plate is one confusion away from this one."""
        known = ((key, self._inside.get(key) or self._read.get(key)) for key in set(keys))
        return tuple(sorted(key for key, other in known if other and self._are_confused(plate, other)))

    def _sharing(self, plate: Plate) -> Iterator[HolderKey]:
        for variant in plates.variants(plate):
            yield from self._by_variant.get(variant, ())

    def _add(self, key: HolderKey, plate: Plate) -> None:
        if key in self._inside:
            return
        self._inside[key] = plate
        self._note_confusable(key, plate)
        for variant in plates.variants(plate):
            self._by_variant[variant] = (*self._by_variant.get(variant, ()), key)

    def _remove(self, key: HolderKey) -> None:
        plate = self._inside.pop(key, None)
        if plate is None:
            return
        self.read(key, plate)
        self._forget_confusable(key)
        for variant in plates.variants(plate):
            others = tuple(other for other in self._by_variant[variant] if other != key)
            if others:
                self._by_variant[variant] = others
            else:
                del self._by_variant[variant]

    def _note_confusable(self, key: HolderKey, plate: Plate) -> None:
        """Remember with whom a misread plate would be confused, other plates of its own vehicle left out."""
        visit = self._visit_of(key)
        for other in itertools.islice(self._looking_like(plate), COMPARED):
            theirs = self._visit_of(other)
            ours = visit is not None and theirs is not None and theirs.session_id == visit.session_id
            if (
                not ours
                and other not in self._taken_for.get(key, ())
                and self._are_confused(plate, self._inside[other])
            ):
                share = self._share_of_one(plate) + self._share_of_one(self._inside[other])
                self._taken_for.setdefault(key, {})[other] = share
                self._taken_for.setdefault(other, {})[key] = share
                self._shares += share

    def _forget_confusable(self, key: HolderKey) -> None:
        for other, share in self._taken_for.pop(key, {}).items():
            self._shares -= share
            del self._taken_for[other][key]
            if not self._taken_for[other]:
                del self._taken_for[other]

    def _looking_like(self, plate: Plate) -> Iterator[HolderKey]:
        """Those inside who have a plate's folded one, or that of what it is taken for by what was learned."""
        for one in dict.fromkeys(map(plates.folded, (plate, *plates.swapped(plate, self._learned)))):
            yield from self._by_variant.get(one, ())

    def _are_confused(self, one: Plate, other: Plate) -> bool:
        return plates.is_one_confusion(one, other, self._learned)

    def _share_of_one(self, plate: Plate) -> float:
        return 1 / risk.misreadings(plate, self._learned)
