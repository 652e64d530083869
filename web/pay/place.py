"""Where a driver is: the site, its rules and lanes as the portal's pages show them, and the pages themselves."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec
from aiohttp import web

from syspark.domain.messages import AnyMessage
from syspark.domain.policy import SitePolicy
from syspark.domain.units import SessionId, SiteId
from syspark.mailbox import of_site, row_of
from syspark.rows import Address, InboxRow, Scope
from syspark.web_ports import PortalSite
from web import rendering
from web.reading.snapshot import LaneSeen, SiteSeen, site_seen
from web.wing import WING, Wing


@dataclass(frozen=True)
class Place:
    """A site, as its drivers meet it."""

    site: PortalSite

    @cached_property
    def policy(self) -> SitePolicy:
        """Its rules."""
        return msgspec.json.decode(self.site.policy, type=SitePolicy)

    @cached_property
    def seen(self) -> SiteSeen:
        """Its last stored state."""
        return site_seen(self.site.state) or SiteSeen()

    def lane(self, name: str) -> LaneSeen:
        """One of its lanes."""
        return self.seen.lanes.get(name, LaneSeen())

    def row(self, wing: Wing, recipient: Address, message: AnyMessage) -> InboxRow:
        """A request of a driver."""
        scope = Scope(self.site.organisation_id, self.site.id, self.site.partition)
        return row_of(wing.ids.new(), scope, recipient, message, wing.clock.now())

    def to_site(self, wing: Wing, message: AnyMessage) -> InboxRow:
        """A request to the site."""
        return self.row(wing, of_site(self.site.id), message)

    def to_session(self, wing: Wing, session_id: SessionId, message: AnyMessage) -> InboxRow:
        """A request to one of its sessions."""
        return self.row(wing, Address("session", session_id), message)


HELP = "/pay?help=yes"
"""Where whoever has not said where they are asks for help."""


async def place_of(request: web.Request) -> Place:
    """The site in the address. Raises `HTTPNotFound`, `Unavailable`."""
    return await place_named(request, SiteId(request.match_info["site"]))


async def place_named(request: web.Request, site_id: SiteId) -> Place:
    """A site. Raises as `place_of`."""
    found = await request.app[WING].stores.portal.site(site_id)
    if found is None:
        raise web.HTTPNotFound
    return Place(found)


def shown(
    request: web.Request, template: str, values: Mapping[str, Any], place: Place | None = None, status: int = 200
) -> web.Response:
    """A page for a driver. `help_at` among the values is where they ask for help."""
    return rendering.page(
        request,
        f"pay/{template}.html",
        {
            "place": place,
            "zone": place.site.zone if place is not None else "UTC",
            "help_at": f"/pay/{place.site.id}/help" if place is not None else HELP,
            "phone": place.policy.help_phone if place is not None else "",
            "here": request.path_qs,
            **values,
        },
        status,
    )
