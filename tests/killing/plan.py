"""How much a run does, all of it reproducible from its seed."""

from dataclasses import dataclass

PRODUCT = "worker"
EMPTY = "empty"
SERVICES = (PRODUCT, EMPTY, "early-ack", "twice", "stale")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`events` acknowledged at `rate_per_s` on average, over `sites` besides the default one and the bridged one.

    `places` are where it is killed, in turn; by default the named ones, then all, and at random instants.
    An outage of 0 s does not happen. `service`: the product, an empty one, or the product sabotaged in some way.
    """

    seed: int
    events: int = 2_000
    rate_per_s: float = 25.0
    sites: int = 50
    kills: int = 20
    places: tuple[str, ...] = ()
    database_outage_s: float = 20.0
    broker_outage_s: float = 16.0
    broker_kill: bool = True
    bridge_cut_s: float = 18.0
    follow_ups: int = 20
    service: str = PRODUCT
