"""The hash chain of the journal: what makes an altered or removed audit row visible.

Each chain (one per site, one per organisation) numbers its entries from 1; an entry's digest is `sha256` of its
predecessor's digest and its own canonical bytes. Personal values enter only as `sha256(salt + value)`, so that they
can be erased without breaking the chain. A chain cannot show that its end was cut off: for that its heads are
published elsewhere. Source: architecture.md, "Hash chain".
"""

import hashlib
import hmac
import struct
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from syspark.rows import ChainedEntry, JournalEntry

ENCODING = 1
"""The version of the canonical bytes: their first byte, so that a later encoding can stand beside this one."""

SALT_BYTES = 16
GENESIS = bytes(32)
"""What the first entry of a chain follows."""

NO_SALTS: Mapping[str, bytes] = {}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ABSENT = 0xFFFFFFFF


class Head(msgspec.Struct, frozen=True):
    """The last entry of a chain."""

    seq: int = 0
    digest: bytes = GENESIS


class Linked(msgspec.Struct, frozen=True):
    """An entry put in its place, and the salts to be kept beside its personal values."""

    chained: ChainedEntry
    salts: Mapping[str, bytes]

    @property
    def head(self) -> Head:
        """The chain's head once this entry is stored."""
        return Head(self.chained.seq, self.chained.digest)


@dataclass(frozen=True, slots=True)
class Fault:
    """The first row of a chain that is not what was written. `seq` names it."""

    chain: str
    seq: int
    what: str


def commitment(salt: bytes, value: str) -> str:
    """What a personal value enters the chain as, in hex."""
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes, not {len(salt)}")
    return hashlib.sha256(salt + value.encode()).hexdigest()


def canonical(entry: JournalEntry, seq: int, commitments: Mapping[str, str]) -> bytes:
    """The bytes an entry is hashed as: a version byte, then each field with its length, so that none can shift."""
    fields: list[bytes | None] = [
        entry.chain.encode(),
        struct.pack(">q", seq),
        entry.organisation_id.bytes,
        None if entry.site_id is None else entry.site_id.encode(),
        _instant(entry.at),
        _instant(entry.fact_at),
        entry.actor.kind.encode(),
        entry.actor.id.encode(),
        entry.kind.encode(),
        entry.rule.encode(),
        entry.inputs,
        entry.cause.bytes,
    ]
    for name in sorted(commitments):
        fields += (name.encode(), commitments[name].encode())
    return bytes([ENCODING]) + b"".join(map(_framed, fields))


def digest(previous: bytes, entry: JournalEntry, seq: int, commitments: Mapping[str, str]) -> bytes:
    """The digest of an entry that follows `previous`."""
    return hashlib.sha256(previous + canonical(entry, seq, commitments)).digest()


def link(head: Head, entry: JournalEntry, salt: Callable[[], bytes]) -> Linked:
    """Put an entry behind a head. `salt` gives 16 random bytes for each personal value."""
    salts = {name: salt() for name in sorted(entry.personal)}
    commitments = {name: commitment(salts[name], entry.personal[name]) for name in salts}
    seq = head.seq + 1
    made = digest(head.digest, entry, seq, commitments)
    return Linked(ChainedEntry(entry, seq, commitments, head.digest, made), salts)


def opens(commitments: Mapping[str, str], name: str, salt: bytes, value: str) -> bool:
    """Whether a personal value kept beside the chain is the one that was committed to."""
    return hmac.compare_digest(commitments.get(name, ""), commitment(salt, value))


class Follower:
    """Follows one chain row by row and tells the first that is wrong."""

    def __init__(self, chain: str, head: Head | None = None) -> None:
        self.chain = chain
        self.head = head or Head()

    def follow(self, row: ChainedEntry, salts: Mapping[str, bytes] = NO_SALTS) -> Fault | None:
        """Check the next row as stored, with the salts of those personal values that are still kept.

        On None it has become the head.
        """
        expected = self.head.seq + 1
        if row.seq != expected:
            return self._fault(min(row.seq, expected), "is missing" if row.seq > expected else "stands twice")
        wrong = self._wrong(row, salts)
        if wrong is None:
            self.head = Head(row.seq, row.digest)
            return None
        return self._fault(row.seq, wrong)

    def _wrong(self, row: ChainedEntry, salts: Mapping[str, bytes]) -> str | None:
        if row.entry.chain != self.chain:
            return f"belongs to the chain {row.entry.chain}"
        if row.previous != self.head.digest:
            return "does not follow the row before it"
        if row.digest != digest(row.previous, row.entry, row.seq, row.commitments):
            return "was altered"
        for name, salt in salts.items():
            if not opens(row.commitments, name, salt, row.entry.personal[name]):
                return f"has an altered personal value: {name}"
        return None

    def ends_at(self, stored: Head) -> Fault | None:
        """Check that the chain ends where its stored head says, so that rows cut off its end are noticed."""
        if stored.seq > self.head.seq:
            return self._fault(self.head.seq + 1, "is missing: the stored head is further")
        if stored != self.head:
            return self._fault(self.head.seq, "is not the stored head")
        return None

    def stands_at(self, known: Head) -> Fault | None:
        """Check, where the chain has come to the row of a head known from elsewhere, that it is that row."""
        if known.seq == self.head.seq and known.digest != self.head.digest:
            return self._fault(known.seq, "is not the head that is known of it")
        return None

    def reaches(self, known: Head) -> Fault | None:
        """Check that the chain goes at least as far as a head known from elsewhere: what else shows that it was cut."""
        if known.seq > self.head.seq:
            return self._fault(self.head.seq + 1, f"is missing: the chain is known to have had {known.seq} rows")
        return None

    def _fault(self, seq: int, what: str) -> Fault:
        return Fault(self.chain, seq, what)


def verify(chain: str, rows: Iterable[ChainedEntry], stored: Head | None = None) -> Fault | None:
    """Check a whole chain in order; None when every row is what was written."""
    follower = Follower(chain)
    for row in rows:
        fault = follower.follow(row)
        if fault is not None:
            return fault
    return None if stored is None else follower.ends_at(stored)


def _instant(at: datetime) -> bytes:
    return struct.pack(">q", (at - _EPOCH) // _MICROSECOND)


def _framed(value: bytes | None) -> bytes:
    return struct.pack(">I", _ABSENT) if value is None else struct.pack(">I", len(value)) + value
