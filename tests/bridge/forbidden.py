"""Publications that must reach nobody, drawn by a seed. Topics are typed from the contract, never from the product."""

import random
from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from tests.bridge.crossings import DOWN, UP
from tests.bridge.intruder import Attempt
from tests.bridge.trial import SITES, prefix

MARK = b"forbidden-"
"""What every such payload begins with, so that it is known wherever it turns up."""


class Forbidden(NamedTuple):
    """One of them: at the cloud's broker, or on the LAN of a site, whose bridge must not take it along."""

    kind: str
    at: str
    attempt: Attempt


def forbidden(seed: int, count: int) -> list[Forbidden]:
    """So many, last wills first (they are published when a line has broken), the others mixed."""
    chance = random.Random(seed)
    kinds = list(_KINDS)
    found = [_draw(chance, kinds[number % len(kinds)], number) for number in range(count)]
    chance.shuffle(found)
    return sorted(found, key=lambda one: not one.attempt.as_will)


def _draw(chance: random.Random, kind: str, number: int) -> Forbidden:
    at, user, password, topic = _KINDS[kind](chance)
    qos: Literal[0, 1, 2] = chance.choice((0, 1, 2))
    payload = MARK + str(number).encode()
    as_will = kind == "a last will"
    attempt = Attempt(
        topic.encode(errors="surrogateescape"), payload, user, password, qos, chance.random() < 0.5, as_will
    )
    return Forbidden(kind, at, attempt)


_Drawn = tuple[str, str | None, str | None, str]
CLOUD = "cloud"


def _as(user: str, topic: str) -> _Drawn:
    return CLOUD, user, f"password-of-{user}", topic


def _any(chance: random.Random, way: Literal["up", "down", "both"] = "both") -> str:
    return chance.choice({"up": UP, "down": DOWN, "both": UP + DOWN}[way]).topic


def _two(chance: random.Random) -> tuple[str, str]:
    first, second = chance.sample(SITES, 2)
    return first, second


def _other_sites(chance: random.Random) -> _Drawn:
    mine, other = _two(chance)
    topic = chance.choice((_any(chance), "bridge/state"))
    return _as(mine, prefix(other) + topic)


def _own_down(chance: random.Random) -> _Drawn:
    mine = chance.choice(SITES)
    return _as(mine, prefix(mine) + _any(chance, "down"))


def _unknown_family(chance: random.Random) -> _Drawn:
    mine = chance.choice(SITES)
    return _as(mine, prefix(mine) + chance.choice(UNKNOWN))


def _other_tree(chance: random.Random) -> _Drawn:
    return _as(chance.choice(SITES), chance.choice(OUTSIDE))


def _wildcards(chance: random.Random) -> _Drawn:
    mine = chance.choice(SITES)
    return _as(mine, chance.choice(("#", "+", f"{prefix(mine)}#", f"{prefix(mine)}+/present", "parking/+/barriere")))


def _malformed(chance: random.Random) -> _Drawn:
    mine = prefix(chance.choice(SITES))
    return _as(mine.split("/")[1] or "default", mine + chance.choice(("", "/barriere", "barriere/", "a\0b", "\udcff")))


def _wrong_user(chance: random.Random) -> _Drawn:
    site, other = _two(chance)
    user, password = chance.choice(
        ((None, None), (site, None), (site, ""), (site, f"password-of-{other}"), ("rogue", "x"), (f"{site}/+", "x"))
    )
    return CLOUD, user, password, prefix(site) + _any(chance, "up")


def _cloud_as_site(chance: random.Random) -> _Drawn:
    site = prefix(chance.choice(SITES))
    return _as(
        "cloud", chance.choice((site + _any(chance, "up"), site + "bridge/state", site + chance.choice(UNKNOWN)))
    )


def _on_the_lan(chance: random.Random) -> _Drawn:
    mine, other = _two(chance)
    topics = (
        "parking/" + _any(chance, "down"),
        "parking/" + chance.choice(UNKNOWN),
        f"parking/{other}/" + _any(chance),
        f"parking/{mine}/" + _any(chance),
        chance.choice(OUTSIDE),
    )
    return mine, None, None, chance.choice(topics)


UNKNOWN = (
    "gate",
    "barriere/unknown",
    "barriere-2/state",
    "vision",
    "acl",
    "bridge",
    "a/b/c/d/e/f",
    "Barriere",
    "bаrriere",
)
OUTSIDE = (
    "barriere",
    "park/barriere",
    "Parking/barriere",
    "parking",
    "/parking/barriere",
    "parking/cloud/marker",
    "$SYS/broker/uptime",
    "$SYS/broker/connection/nord/state",
    "$share/all/parking/barriere",
    "$parking/barriere",
)
_KINDS: Mapping[str, Callable[[random.Random], _Drawn]] = {
    "another site's topic": _other_sites,
    "a command from a site": _own_down,
    "an unknown family": _unknown_family,
    "outside the tree": _other_tree,
    "wildcards": _wildcards,
    "malformed": _malformed,
    "a wrong user": _wrong_user,
    "the cloud as a site": _cloud_as_site,
    "on a site's LAN": _on_the_lan,
    "a last will": _other_sites,
}
