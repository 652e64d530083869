"""The sites of a run and the words they speak, typed by hand from the contract: nothing here asks the product."""

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass

BADGE_EXPIRY_S = 10.0  # a barrier command counts from the fact that caused it
DEFAULT = "default"
BRIDGED = "bridged"


@dataclass(frozen=True, slots=True)
class Site:
    """`speaks` is the generation of its barriers; the default site's topics are v1 in any case."""

    name: str
    speaks: str

    @property
    def base(self) -> str:
        """What its topics begin with at the cloud's broker."""
        return "parking" if self.name == DEFAULT else f"parking/{self.name}"

    @property
    def badge_topic(self) -> str:
        """Where its readers publish, as the cloud's broker sees it."""
        return f"{self.base}/barriere"


@dataclass(frozen=True, slots=True)
class Event:
    """A badge held to a reader, once in the whole run; `uid` is what identifies it."""

    uid: str
    site: Site
    payload: bytes

    @property
    def digest(self) -> bytes:
        """What an inbox row keeps of its delivery: 16 bytes of SHA-256 over topic, NUL, payload."""
        return hashlib.sha256(self.site.badge_topic.encode() + b"\0" + self.payload).digest()[:16]


def make_sites(count: int) -> list[Site]:
    """The default site, `count` sites of both generations, and the one behind a bridge."""
    numbered = [Site(f"kill-{number:02d}", "v2" if number % 2 else "v1") for number in range(count)]
    return [Site(DEFAULT, "v1"), *numbered, Site(BRIDGED, "v1")]


def badges(chance: random.Random) -> Iterator[str]:
    """Badge UIDs, none twice."""
    given: set[str] = set()
    while True:
        uid = f"{chance.getrandbits(32):08X}"
        if uid not in given:
            given.add(uid)
            yield uid


def as_a_reader_sends(uid: str, chance: random.Random) -> bytes:
    """One of the forms that readers in the field give the same UID."""
    spaced = " ".join(uid[place : place + 2] for place in range(0, 8, 2))
    forms = (uid, uid.lower(), uid + "5F", spaced, uid + "\0")
    return chance.choice(forms).encode()
