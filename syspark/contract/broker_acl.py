"""The access list of the cloud's broker, in mosquitto's `acl_file` format: what it does not name is forbidden.

Source: contract.md, "Security of the contract".
"""

from collections.abc import Iterator, Sequence

from syspark.contract.table import Way, rows
from syspark.contract.topics import DEFAULT_SITE, marker_topic, topic_for
from syspark.contract.wiring import WiredSite, site_rows

CLOUD_USER = "cloud"
"""The cloud's user at the broker, unless a setting says otherwise. It is a family's name, so no site bears it."""

_HEAD = """\
# Who may publish and read what at the cloud's broker. Written by `syspark contract broker-acl`: edit nothing here,
# write it again when a site or a device comes or goes, and send mosquitto a SIGHUP.
"""


def broker_acl(root: str, sites: Sequence[WiredSite], cloud_user: str = CLOUD_USER) -> str:
    """Write the access list: a user for the cloud, and one for each site, named after it.

    Raises `ValueError` when two sites, or a site and the cloud, would share a user.
    """
    users = [cloud_user, *(site.name for site in sites)]
    doubled = sorted({user for user in users if users.count(user) > 1})
    if doubled:
        raise ValueError(f"two would share the broker's user {doubled[0]!r}")
    sections = [_section(cloud_user, _cloud(root, sites))]
    sections += [_section(site.name, _site(root, site)) for site in sites]
    return "\n".join([_HEAD, *sections])


def _section(user: str, lines: Iterator[str]) -> str:
    return "".join(f"{line}\n" for line in (f"user {user}", *lines))


def _site(root: str, site: WiredSite) -> Iterator[str]:
    for access, way in (("write", Way.UP), ("read", Way.DOWN)):
        for row, device in site_rows(site, way):
            yield f"topic {access} {topic_for(root, site.name, row, device)}"


def _cloud(root: str, sites: Sequence[WiredSite]) -> Iterator[str]:
    # One line a family for all sites: the broker walks a user's list for every message, and the cloud's would
    # otherwise grow with each site.
    yield f"topic readwrite {marker_topic(root)}"
    yield f"topic readwrite {marker_topic(root)}/+"
    for access, way in (("read", Way.UP), ("write", Way.DOWN)):
        for row in rows(way):
            yield f"topic {access} {topic_for(root, DEFAULT_SITE, row)}"
            yield f"topic {access} {root}/+/{row.topic}"
        for site in sites:
            for row, device in site_rows(site, way):
                if device != row.family:
                    yield f"topic {access} {topic_for(root, site.name, row, device)}"
