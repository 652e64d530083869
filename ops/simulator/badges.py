"""Which badges the simulated drivers carry: read from a file, or made from the seed, the same ones each time."""

from collections.abc import Iterable, Mapping, Sequence
from random import Random

from ops.simulator.camera import plate_of
from ops.simulator.layout import Badges, SiteLayout

SUBSCRIBERS_A_PLACE = 2.0
VISITORS_A_PLACE = 0.5
# First digits: known badges 1 to D, unknown ones E (demand), misread ones F (lane): no two kinds ever meet.


def made_badges(layouts: Iterable[SiteLayout], seed: int) -> dict[str, Badges]:
    """Enough badges for each site, none on two sites."""
    chance = Random(f"{seed}/badges")  # noqa: S311 - a simulation keeps no secret
    given: set[str] = set()

    def take(count: float) -> Sequence[str]:
        taken: list[str] = []
        while len(taken) < count:
            uid = f"{chance.randrange(0x10000000, 0xE0000000):08X}"
            if given.isdisjoint((uid, plate_of(uid))):
                given.update((uid, plate_of(uid)))
                taken.append(uid)
        return taken

    return {
        layout.name: Badges(
            subscribers=take(SUBSCRIBERS_A_PLACE * layout.capacity), visitors=take(VISITORS_A_PLACE * layout.capacity)
        )
        for layout in layouts
    }


def read_badges(lines: Iterable[str]) -> dict[str, Badges]:
    """Badges from lines `SITE UID [visitor]`; `#` begins a comment. Raises ValueError naming the line."""
    found: dict[str, tuple[list[str], list[str]]] = {}
    for number, line in enumerate(lines, 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        if len(words) not in {2, 3} or (len(words) == 3 and words[2] not in {"visitor", "subscriber"}):
            raise ValueError(f"line {number}: expected SITE UID [visitor], found {line.strip()!r}")
        site, uid = words[0], words[1].upper()
        if len(uid) < 8 or set(uid) - set("0123456789ABCDEF"):
            raise ValueError(f"line {number}: a badge has 8 or more hexadecimal digits, found {words[1]!r}")
        subscribers, visitors = found.setdefault(site, ([], []))
        (visitors if words[2:] == ["visitor"] else subscribers).append(uid[:8])
    return {site: Badges(subscribers=own, visitors=visiting) for site, (own, visiting) in found.items()}


def written_badges(badges: Mapping[str, Badges]) -> str:
    """The lines that `read_badges` reads."""
    lines = [f"{site} {uid}" for site, own in badges.items() for uid in own.subscribers]
    lines += [f"{site} {uid} visitor" for site, own in badges.items() for uid in own.visitors]
    return "\n".join(lines) + "\n"
