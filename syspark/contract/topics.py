"""Topics of both generations, read into values and written from them.

v1 `<root>/<family>[/<channel>]` belongs to the default site; v2 is `<root>/<site>/<device>[/<channel>]`, where a device
is a family, or a family with a suffix. No site is named like a family, so the two never collide. Source: contract.md.
"""

import functools
import re

import msgspec

from syspark.contract.reasons import Reason, Rejection
from syspark.contract.table import BY_TOPIC, FAMILIES, Row, Way
from syspark.domain.units import DeviceName, SiteId, Speaks

DEFAULT_SITE = SiteId("default")
"""The site of v1 topics. Its devices with a suffix are reached under its own name, as v1 has no place for a suffix."""

MAX_TOPIC = 256
TOPICS_KEPT = 10_000
"""Topics whose reading is remembered: a site sends on few, again and again."""

_FORBIDDEN = re.compile("[+#\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]|//|/\\Z")
_SITE = re.compile(r"[a-z0-9][a-z0-9-]{1,31}")
_SUFFIX = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


class Topic(msgspec.Struct, frozen=True):
    """Where a message belongs. Whether the site exists is for the caller to know."""

    root: str
    site: SiteId
    device: DeviceName
    row: Row
    generation: Speaks


def is_site_name(name: str) -> bool:
    """Whether a site may have this name in topics."""
    return _SITE.fullmatch(name) is not None and name not in FAMILIES


@functools.lru_cache(maxsize=TOPICS_KEPT)
def parse_topic(root: str, topic: str) -> Topic | Rejection:
    """Read a topic of either generation and of any way; never raises."""
    if len(topic) > MAX_TOPIC or _FORBIDDEN.search(topic):
        return Rejection(Reason.BAD_TOPIC, "wildcard or control characters, an empty level, or too long")
    prefix = f"{root}/"
    if not topic.startswith(prefix):
        return Rejection(Reason.BAD_TOPIC, "outside the root")
    local = topic[len(prefix) :]
    row = BY_TOPIC.get(_MARKER if _MARKER_OF_A_PARTITION.fullmatch(local) else local)
    if row is not None:
        return Topic(root, DEFAULT_SITE, DeviceName(row.family), row, Speaks.V1)
    site, _, local = local.partition("/")
    if site in FAMILIES:
        return Rejection(Reason.UNKNOWN_FAMILY, "the family has no such channel")
    device, _, channel = local.partition("/")
    row = _row_of(device, channel)
    if row is None:
        return Rejection(Reason.UNKNOWN_FAMILY, "no such device or channel")
    if not is_site_name(site):
        return Rejection(Reason.UNKNOWN_SITE, "not a possible site name")
    return Topic(root, SiteId(site), DeviceName(device), row, Speaks.V2)


def topic_for(root: str, site: SiteId, row: Row, device: DeviceName | None = None) -> str:
    """Write the topic of a row for a site, for a device of it when it has several of the family.

    Raises `ValueError` when the site's or the device's name is not one, or the device is not of the row's family.
    """
    name = device or DeviceName(row.family)
    if not is_site_name(site) or _row_of(name, row.channel) is not row:
        raise ValueError(f"{site!r} has no {name!r} with the topic {row.topic}")
    if site == DEFAULT_SITE and name == row.family:
        return f"{root}/{row.topic}"
    return f"{root}/{site}/{name}/{row.channel}" if row.channel else f"{root}/{site}/{name}"


def marker_topic(root: str, partition: int | None = None) -> str:
    """Write the topic of a link's own heartbeat, which belongs to no site: of the link of one of several partitions.

    Several have a topic each, or every link would hear all the others' (decision record 14).
    """
    return f"{root}/{_MARKER}" if partition is None else f"{root}/{_MARKER}/{partition}"


def _row_of(device: str, channel: str) -> Row | None:
    family, dash, suffix = device.partition("-")
    if dash and _SUFFIX.fullmatch(suffix) is None:
        return None
    row = BY_TOPIC.get(f"{family}/{channel}" if channel else family)
    if row is None or row.way is Way.OWN or "/" in family:
        return None
    return row


_MARKER = "cloud/marker"
_MARKER_OF_A_PARTITION = re.compile(rf"{_MARKER}/[0-9]{{1,4}}")
