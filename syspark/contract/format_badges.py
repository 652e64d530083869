"""Badge-list orders in the controllers' words.

Source: contract.md, rows `acl/*` and "Facts about the field equipment".
"""

import msgspec

from syspark.contract import wire_down
from syspark.contract.words import UnformattableError
from syspark.domain import orders
from syspark.domain.units import Speaks

ENTRY_BYTES = len('{"uid":"A1B2C3D4"},')
HIGHEST = 2**31
"""Longer in digits than any version is going to be."""
MAX_BADGES = 46
"""The most badges a `FULL` may replace; the others follow as `ADD`s."""

BadgeOrder = orders.AddBadge | orders.RemoveBadge | orders.ReplaceBadges | orders.StartEnrolment | orders.ListBadges


def format_badges(order: BadgeOrder, speaks: Speaks, secret: str | None) -> bytes:
    """Write a badge order; raises `UnformattableError` without a secret or over 46 badges.

    The richer forms add only `version` and `src`, without times or ids: a full list leaves no room for more, and these
    orders never expire.
    """
    if not secret:
        raise UnformattableError("the site has no secret, which controllers require")
    return msgspec.json.encode(_form(order, secret, richer=speaks is Speaks.V2))


def fitting(speaks: Speaks, secret: str, payload_bytes: int) -> int:
    """How many badges one full list may hold within a payload, with this secret."""
    none = orders.ReplaceBadges(uids=(), version=HIGHEST)
    around_bytes = len(msgspec.json.encode(_form(none, secret, richer=speaks is Speaks.V2)))
    return max(0, min(MAX_BADGES, (payload_bytes - around_bytes + 1) // ENTRY_BYTES))


def _form(order: BadgeOrder, secret: str, *, richer: bool) -> msgspec.Struct:
    src = wire_down.CLOUD if richer else None
    match order:
        case orders.AddBadge():
            version = order.version if richer else None
            return wire_down.AclChange(op="ADD", uid=order.uid, secret=secret, version=version, src=src)
        case orders.RemoveBadge():
            version = order.version if richer else None
            return wire_down.AclChange(op="DEL", uid=order.uid, secret=secret, version=version, src=src)
        case orders.ReplaceBadges():
            if len(order.uids) > MAX_BADGES:
                raise UnformattableError(f"a list of {len(order.uids)} badges does not fit: {MAX_BADGES} at most")
            entries = tuple(wire_down.AclUid(uid=uid) for uid in order.uids)
            version = order.version if richer else None
            return wire_down.AclFull(op="FULL", entries=entries, secret=secret, version=version, src=src)
        case orders.StartEnrolment():
            ttl_s = order.ttl_s if richer else None
            return wire_down.AclEnrol(op="ENROLL", secret=secret, ttl_s=ttl_s, src=src)
        case orders.ListBadges():
            return wire_down.AclQuestion(op="LIST_REQ", secret=secret, src=src)
