"""The bridge of a site's own broker to the cloud's, in mosquitto's configuration format: topic by topic, no wildcard.

Source: contract.md, "Facts about the field equipment" and "Security of the contract"; mosquitto.conf(5).
"""

from collections.abc import Iterator

import msgspec

from syspark.contract.table import BY_TOPIC, Row, Way
from syspark.contract.topics import topic_for
from syspark.contract.wiring import WiredSite, site_rows

FIRMWARE_ROOT = "parking"
"""The root that firmware in the field speaks on its site's broker, whatever the cloud's is."""

KEEPALIVE_S = 5
"""mosquitto's shortest: a dead line is noticed by both ends within one and a half of it."""

INSTANT_S = 60
"""An order that expires sooner is worth nothing later: it crosses at QoS 0, which no broker queues."""

_STATE = BY_TOPIC["bridge/state"]


class Uplink(msgspec.Struct, frozen=True):
    """How a site's bridge reaches the cloud's broker. `password` None leaves a line to fill in."""

    host: str
    port: int
    ca_file: str
    """On the site's machine: what the broker's certificate is checked against."""
    password: str | None = None


def bridge(root: str, site: WiredSite, uplink: Uplink) -> str:
    """Write a site's bridge. `root` is the cloud's; its user at the broker is named after the site."""
    return "".join(f"{line}\n" for line in _lines(root, site, uplink))


def crossing_qos(row: Row) -> int:
    """The QoS a message crosses the bridge with."""
    is_instant = row.way is Way.DOWN and row.expires_s is not None and row.expires_s < INSTANT_S
    return 0 if is_instant else row.qos


def _lines(root: str, site: WiredSite, uplink: Uplink) -> Iterator[str]:
    yield f"# The bridge of site {site.name} to the cloud, for its own mosquitto. Written by `syspark contract bridge`:"
    yield "# edit nothing here, write it again when the contract or a device changes. It holds a password: mode 0600."
    yield "#"
    yield "# Two connections: mosquitto saves what waits at the site only for one that keeps its session at both ends,"
    yield "# and a session kept at the cloud would have commands wait there."
    yield ""
    yield "# Up: what the site says waits here while the line is cut, also over a restart of this broker."
    yield from _connection(root, site, uplink, Way.UP)
    yield ""
    yield "# Down: nothing waits. MQTT 5 leaves the retain flag of what comes down as it was."
    yield from _connection(root, site, uplink, Way.DOWN)


def _connection(root: str, site: WiredSite, uplink: Uplink, way: Way) -> Iterator[str]:
    up = way is Way.UP
    yield f"connection {site.name}-{way}"
    yield f"address {f'[{uplink.host}]' if ':' in uplink.host else uplink.host}:{uplink.port}"
    yield f"bridge_cafile {uplink.ca_file}"
    yield f"remote_clientid bridge-{site.name}-{way}"
    yield f"remote_username {site.name}"
    if uplink.password is None:
        yield "# remote_password: put the site's here; without one the cloud's broker refuses it"
    else:
        yield f"remote_password {uplink.password}"
    yield f"bridge_protocol_version {'mqttv311' if up else 'mqttv50'}"
    yield f"cleansession {'false' if up else 'true'}"
    yield f"local_cleansession {'false' if up else 'true'}"
    yield "try_private false"
    yield f"keepalive_interval {KEEPALIVE_S}"
    yield "restart_timeout 1 10"
    yield "bridge_attempt_unsubscribe false"
    # Both say when they are there: what waited must follow a 1, to be known as old, and what is sent on a 1 must find
    # somebody to hear it.
    yield "notifications true"
    yield f"notification_topic {topic_for(root, site.name, _STATE)}"
    for row, device in site_rows(site, way):
        if row is not _STATE:  # a line for it would send the notification twice
            local = f"{device}/{row.channel}" if row.channel else device
            remote = topic_for(root, site.name, row, device).removesuffix(local)
            yield f"topic {local} {'out' if up else 'in'} {crossing_qos(row)} {FIRMWARE_ROOT}/ {remote}"
