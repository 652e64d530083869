"""How often a camera's mistakes let a vehicle out as another one: the product's own rules, on plates drawn by chance.

Plates are French ones of today. A car park is kept full: whoever leaves is followed by somebody else, who is read at
the entry with the same mistakes. What a site has learned that its cameras confuse, they confuse as often as the rest.
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from syspark.domain import plates
from syspark.domain.policy import SitePolicy
from syspark.domain.site.likeness import certain
from syspark.domain.site.neighbours import Neighbours
from syspark.domain.site.state import Known, Visit
from syspark.domain.units import HolderKey, Lane, Plate, SessionId

LETTERS = "ABCDEFGHJKLMNPQRSTVWXYZ"
ANY = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
GROUPS = {character: group for group in plates.CONFUSED for character in group}
MISTAKES = {"confusion": 70, "two confusions": 12, "another character": 10, "one lost": 4, "one too many": 4}
"""What goes wrong when a plate is misread, in 100."""
SURE = (0.80, 1.00)
UNSURE = (0.50, 0.99)
"""Confidences a camera gives when it is right, and when it is not: it is often sure of what it misread."""
STRANGERS = 0.02
"""The share of exits of vehicles that were not read when they came in."""
_NOON = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)


@dataclass(slots=True)
class Outcome:
    """What became of the exits. `wrong` includes sessions of others that an entry ended as missed."""

    exits: int = 0
    right: int = 0
    wrong: int = 0
    suggested: int = 0
    unknown: int = 0

    @property
    def interval(self) -> tuple[float, float]:
        """Between which shares the true one of wrong matches lies, in 95 of 100 such trials (Wilson)."""
        z2 = 1.96**2
        share, centre = self.wrong / self.exits, (self.wrong + z2 / 2) / (self.exits + z2)
        half = 1.96 * math.sqrt(self.exits * share * (1 - share) + z2 / 4) / (self.exits + z2)
        return max(0.0, centre - half), centre + half


class Trial:
    """A car park of some vehicles, whose exits are tried."""

    def __init__(self, vehicles: int, misread: float, seed: int, learned: frozenset[str] = plates.NONE) -> None:
        self._chance = Random(seed)  # noqa: S311 - a trial keeps no secret
        self._misread = misread
        self._policy = SitePolicy()
        self._visits: dict[HolderKey, Visit] = {}
        self._index = Neighbours(self._visits.get)
        self._index.learn(learned)
        self._taken_for: dict[str, list[str]] = {
            character: [
                *GROUPS.get(character, ""),
                *(pair.replace(character, "") for pair in learned if character in pair),
            ]
            for character in ANY
        }
        self._inside: list[tuple[Plate, Visit]] = []
        self._count = 0
        self.outcome = Outcome()
        self._fill(vehicles)
        self.outcome = Outcome()

    @property
    def risk(self) -> float:
        """What the product itself says of those inside now."""
        return self._index.match_risk

    def exits(self, number: int) -> Outcome:
        """Have so many vehicles leave, each followed by another."""
        for _ in range(number):
            self.outcome.exits += 1
            if self._chance.random() < STRANGERS:
                self._leave(self._plate(), None)
                continue
            vehicles = len(self._inside)
            place = self._chance.randrange(vehicles)
            plate, visit = self._inside[place]
            self._inside[place] = self._inside[-1]
            self._inside.pop()
            self._leave(plate, visit)
            self._forget(visit)
            self._fill(vehicles)
        return self.outcome

    def _fill(self, vehicles: int) -> None:
        while len(self._inside) < vehicles:
            self._enter()

    def _enter(self) -> None:
        plate = self._plate()
        read, _ = self._read(plate)
        key = HolderKey(read)
        if key in self._visits:
            # Taken for one inside, whose exit was missed then: its session is ended, for a person to look at.
            self.outcome.wrong += 1
            self._inside = [one for one in self._inside if one[1] is not self._visits[key]]
            self._forget(self._visits[key])
        self._count += 1
        visit = Visit(
            session_id=SessionId(f"{self._count:08d}"),
            keys=(key,),
            opened_at=_NOON,
            read_at=_NOON,
            tried_at=_NOON,
            lane=Lane.ENTRY,
        )
        self._visits[key] = visit
        self._index.read(key, read)
        self._index.follow(visit.keys)
        self._inside.append((plate, visit))

    def _forget(self, visit: Visit) -> None:
        del self._visits[visit.key]
        self._index.follow(visit.keys)

    def _leave(self, plate: Plate, own: Visit | None) -> None:
        read, confidence = self._read(plate)
        matched = self._visits.get(HolderKey(read))
        known = Known(near=self._index.near(read)) if matched is None else Known()
        matched = matched or certain(known, confidence, self._policy)
        if matched is not None:
            self.outcome.right += matched is own
            self.outcome.wrong += matched is not own
        elif known.near:
            self.outcome.suggested += 1
        else:
            self.outcome.unknown += 1

    def _plate(self) -> Plate:
        letters = self._chance.choices(LETTERS, k=4)
        return Plate(f"{letters[0]}{letters[1]}{self._chance.randrange(1000):03d}{letters[2]}{letters[3]}")

    def _read(self, plate: Plate) -> tuple[Plate, float]:
        """What a camera makes of a plate, and how sure it is."""
        if self._chance.random() >= self._misread:
            return plate, self._chance.uniform(*SURE)
        (mistake,) = self._chance.choices(list(MISTAKES), list(MISTAKES.values()))
        place = self._chance.randrange(len(plate))
        read = str(plate)
        match mistake:
            case "confusion":
                read = self._confused(read)
            case "two confusions":
                read = self._confused(self._confused(read))
            case "another character":
                read = read[:place] + self._chance.choice(ANY) + read[place + 1 :]
            case "one lost":
                read = read[:place] + read[place + 1 :]
            case _:
                read = read[:place] + self._chance.choice(ANY) + read[place:]
        return Plate(read), self._chance.uniform(*UNSURE)

    def _confused(self, text: str) -> str:
        places = [place for place, character in enumerate(text) if self._taken_for[character]]
        if not places:
            return text
        place = self._chance.choice(places)
        other = self._chance.choice([one for one in self._taken_for[text[place]] if one != text[place]])
        return text[:place] + other + text[place + 1 :]
