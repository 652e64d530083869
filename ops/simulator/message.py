"""Messages as a site's own broker carries them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """`topic` is without the root and the site: `barriere`, `sensor_gate/present`."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = False


@dataclass(frozen=True, slots=True)
class Publication:
    """A message on its way to the cloud's broker, under its full topic."""

    topic: str
    payload: bytes
    qos: int
    retain: bool
