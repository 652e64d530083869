"""A witness at a lane on its way to becoming somebody's, and what it is judged by."""

import dataclasses
from dataclasses import dataclass

from msgspec.structs import replace

from syspark.domain.access import Grant
from syspark.domain.decision import Moment
from syspark.domain.identity import Witness, WitnessKind
from syspark.domain.review import Review
from syspark.domain.site.events import IdentityRead, SiteEvent, SubjectMet, WitnessKept
from syspark.domain.site.state import Arrival, Known, SiteSetup, SiteState, Visit
from syspark.domain.units import HolderKey, Lane, SessionId, Side


@dataclass(frozen=True, slots=True)
class Case:
    """What a reading is judged by."""

    state: SiteState
    known: Known
    setup: SiteSetup
    at: Moment


@dataclass(frozen=True, slots=True)
class Reading:
    """A witness at a lane, and the arrival it belongs to, None when it begins one.

    `loose` are the plates of that arrival that speak for nobody yet: whoever is let pass takes them along. A badge that
    was refused is not among them: it would open the exit from then on. `right` is what this one shows, None when it
    shows none. `photo`: a picture came with it. `met`: its plate is a new one. `review` is what a person should look
    at, should a visit begin by it. `side` is the end of the vehicle that a camera read.
    """

    witness: Witness
    arrival: Arrival | None
    loose: tuple[Witness, ...] = ()
    right: Grant | None = None
    photo: bool = False
    met: SubjectMet | None = None
    review: tuple[Review, ...] = ()
    side: Side | None = None

    @property
    def lane(self) -> Lane:
        """Where it was read."""
        return self.witness.lane

    @property
    def holders(self) -> tuple[HolderKey, ...]:
        """Whom it speaks for, it and those it takes along."""
        return (self.witness.key, *(one.key for one in self.loose))

    @property
    def masked(self) -> str:
        """What may be shown of the plate among them."""
        return next((one.masked for one in (self.witness, *self.loose) if one.masked), "")

    def by_itself(self, own: Visit | None) -> "Reading":
        """The same as of a vehicle of its own, where the arrival is another one's."""
        whose = self.arrival.session_id if self.arrival is not None else None
        if whose is None or (own is not None and own.session_id == whose):
            return self
        return dataclasses.replace(self, arrival=None)

    def events(self, session_id: SessionId | None, case: Case) -> tuple[SiteEvent, ...]:
        """That it was read, for a session's vehicle or for nobody's; a witness is kept once an arrival."""
        arrival, witness = self.arrival, self.witness
        ours = arrival is not None and arrival.session_id == session_id and arrival.has(witness.key)
        read = IdentityRead(
            lane=self.lane,
            witness=witness,
            arrival=arrival.id if arrival is not None else str(case.at.cause),
            session_id=session_id,
            kept=session_id is not None and not ours,
            waits=case.at.age_s < case.setup.policy.read_fresh_s,
            photo=self.photo,
            side=self.side,
        )
        met = (self.met,) if self.met is not None else ()
        if session_id is None:
            return (*met, read)
        return (*met, read, *(WitnessKept(session_id=session_id, witness=one) for one in self.loose))


def reading_of(
    witness: Witness,
    arrival: Arrival | None,
    known: Known,
    *,
    right: Grant | None,
    photo: bool = False,
    met: SubjectMet | None = None,
    review: tuple[Review, ...] = (),
) -> Reading:
    """A reading with what it may take along: not those who hold an open session of their own."""
    loose: tuple[Witness, ...] = ()
    if arrival is not None and arrival.session_id is None:
        loose = tuple(
            one
            for one in arrival.witnesses
            if one.kind is WitnessKind.PLATE and one.key != witness.key and one.key not in known.held
        )
    return Reading(witness, arrival, loose, right, photo, met, review)


def joined(visit: Visit, reading: Reading) -> Visit:
    """The visit, found by the reading's holders too."""
    new = tuple(key for key in reading.holders if key not in visit.keys)
    return replace(visit, keys=(*visit.keys, *new), masked=visit.masked or reading.masked)
