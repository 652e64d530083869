"""Making a field known to a service: its sites and badges, asked for as an operator would.

A running worker is needed: only the actors write sites and credentials.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from ops.requests import Answer, Requests
from ops.simulator.layout import Badges, SiteLayout
from ops.site_secrets import SiteSecrets
from syspark.domain.access import Plan
from syspark.domain.messages import AddCredential, AddSite, SetPolicy
from syspark.domain.units import Secret, SiteId, Speaks, Uid
from syspark.errors import PermanentError
from syspark.persistence.admin import Administration
from syspark.persistence.postgres.stores import PostgresStores
from syspark.persistence.vault import Vault, open_vault
from syspark.rows import SiteRow
from syspark.settings import Settings

AT_ONCE = 40
AUTHOR = "syspark simulate"
CONNECTIONS = 4
PATIENCE_S = 30.0
"""How long one badge may take on a busy machine: hundreds are enrolled at once."""


class PendingError(PermanentError):
    """No worker answers; the requests wait for one."""


async def enrol(
    database_url: str,
    layouts: Sequence[SiteLayout],
    badges: Mapping[str, Badges],
    settings: Settings,
    tell: Callable[[str], None],
    rules: Mapping[str, object] | None = None,
) -> list[SiteLayout]:
    """Open the sites that do not exist and enrol the badges they lack; the layouts, with the secret each site has.

    `rules` are set at each of them, by their names in `SitePolicy`.

    Without `SYSPARK_SECRET_KEY` no secret can be read or made: what needs one is then rejected. Raises `PendingError`,
    `RefusedError`, `UnopenableError` and `Unavailable`.
    """
    async with PostgresStores.open(database_url, size=CONNECTIONS) as opened:
        key = settings.syspark_secret_key
        vault = await open_vault(opened.database, Secret(key.get_secret_value())) if key is not None else None
        administration = Administration(opened.database)
        requests = Requests(opened.stores.inbox)
        sites = {site.id: site for site in await administration.sites()}
        organisation_id = next(iter(sites.values())).organisation_id
        _, partitions = await administration.deployment()
        wanted = [layout for layout in layouts if SiteId(layout.name) not in sites]
        for layout in wanted:
            await _done(requests.add_site(organisation_id, partitions, _site(layout, vault)))
        if wanted:
            tell(f"sites opened: {len(wanted)}")
        sites = {site.id: site for site in await administration.sites()}
        missing: list[tuple[SiteRow, AddCredential]] = []
        for layout in layouts:
            site = sites[SiteId(layout.name)]
            known = {row.uid for row in await administration.credentials(site.id)}
            missing += [(site, one) for one in _credentials(badges[layout.name]) if one.uid not in known]
        if rules:
            for layout in layouts:
                await _done(
                    requests.ask_site(sites[SiteId(layout.name)], SetPolicy(changes=dict(rules), author=AUTHOR))
                )
        await _all_done(Requests(opened.stores.inbox, wait_s=PATIENCE_S), missing)
        if missing:
            tell(f"badges enrolled: {len(missing)}")
        secrets_of = SiteSecrets(settings, vault)
        return [replace(layout, secret=next(iter(secrets_of(sites[SiteId(layout.name)])), "")) for layout in layouts]


async def _all_done(requests: Requests, missing: Iterable[tuple[SiteRow, AddCredential]]) -> None:
    room = asyncio.Semaphore(AT_ONCE)

    async def add(site: SiteRow, message: AddCredential) -> None:
        async with room:
            await _done(requests.ask_site(site, message))

    try:
        async with asyncio.TaskGroup() as group:
            for site, message in missing:
                group.create_task(add(site, message), name=f"enrol {message.uid}")
    except ExceptionGroup as several:
        raise several.exceptions[0] from None  # what ended the first one ends all


async def _done(asking: Awaitable[Answer]) -> None:
    if await asking is not Answer.DONE:
        raise PendingError("nobody has taken up the request to enrol: is a worker running on this database?")


def _site(layout: SiteLayout, vault: Vault | None) -> AddSite:
    return AddSite(
        site_id=SiteId(layout.name),
        name=layout.name,
        zone="Europe/Paris",
        currency="EUR",
        capacity=layout.capacity,
        speaks=Speaks(layout.speaks),
        sealed_secret=vault.seal(Secret(secrets.token_urlsafe(24))) if vault is not None else None,
        author=AUTHOR,
    )


def _credentials(badges: Badges) -> Iterable[AddCredential]:
    for plan, uids in ((Plan.SUBSCRIBER, badges.subscribers), (Plan.VISITOR, badges.visitors)):
        for uid in uids:
            yield AddCredential(uid=Uid(uid), holder=f"driver {uid[-4:]}", plan=plan, author=AUTHOR)
