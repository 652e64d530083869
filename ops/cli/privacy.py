"""`syspark privacy`."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import click
import msgspec

from ops.cli.session import Desk, desk, run
from ops.cli.values import Name, PlateNumber
from ops.requests import author
from syspark.acts import Act, act
from syspark.clock import SystemClock
from syspark.domain.messages import ActKind, ForgetPlates
from syspark.domain.retention import ANSWERED_WITHIN
from syspark.domain.units import Plate, SiteId, SubjectId
from syspark.persistence.privacy import Forgotten, Person, Privacy
from syspark.rows import Address

REASON = click.option("--reason", type=Name(), required=True, help="Who asks, and how you know them, for the record.")
DAY = click.DateTime(formats=["%Y-%m-%d"])
SITE = click.option("--site", default="default", show_default=True, help="The site.")


@click.group()
def privacy() -> None:
    """What one person may ask of you, and an authority. Each is written into the journal."""


@privacy.command()
@click.argument("plate", type=PlateNumber())
@SITE
@REASON
def export(plate: Plate, site: str, reason: str) -> None:
    """Write everything that is known of PLATE at a site, as JSON."""
    click.echo(msgspec.json.format(msgspec.json.encode(run(_export(plate, site, reason)))).decode())


@privacy.command()
@click.argument("plate", type=PlateNumber())
@SITE
@REASON
def erase(plate: Plate, site: str, reason: str) -> None:
    """Forget PLATE at a site. What is unpaid, disputed, held or still inside is kept, and said."""
    person, forgotten = run(_erase(plate, site, reason))
    click.echo(f"erased {forgotten.erased} stays")
    for grounds in forgotten.kept:
        click.echo(f"kept a stay: {', '.join(grounds)}")
    if person.right is not None:
        click.echo("the plate has a right of its holder's: it is kept for as long as that is")
    elif not forgotten.kept:
        click.echo("the site forgets the plate as soon as a worker takes it up")


@privacy.command()
@click.argument("session", type=click.UUID)
@click.option("--reference", type=Name(), required=True, help="The written request, by which it is found again.")
@click.option("--until", type=DAY, required=True, help="Until the beginning of which day, UTC.")
def hold(session: UUID, reference: str, until: datetime) -> None:
    """Keep what is known of SESSION, as an authority has asked in writing."""
    until = until.replace(tzinfo=UTC)
    if until <= SystemClock().now():
        raise click.UsageError("--until is over already")
    run(_hold(session, reference, until))
    click.echo(f"held until {until:%Y-%m-%d}; what was erased before does not come back")


async def _export(plate: Plate, site: str, reason: str) -> dict[str, Any]:
    async with desk() as opened:
        person = await _person(opened, plate, site)
        done = act(ActKind.PERSON_EXPORTED, author(), str(person.subject), f"{site}: {reason}; {_answer_by()}")
        stays = await Privacy(opened.stores.database).exported(person, done)
    known = {"plate": plate, "site": site, "known_since": person.known_since, "right": person.right}
    return {**known, "stays": stays}


async def _erase(plate: Plate, site: str, reason: str) -> tuple[Person, Forgotten]:
    async with desk() as opened:
        person = await _person(opened, plate, site)

        def told(found: Forgotten) -> Act:
            what = f"{found.erased} stays erased, {len(found.kept)} kept"
            detail = f"{site}: {reason}; {what}; {_answer_by()}"
            return act(ActKind.PERSON_ERASED, author(), str(person.subject), detail)

        forgotten = await Privacy(opened.stores.database).forget(person, SystemClock().now(), told)
        asked = ForgetPlates(subjects=(SubjectId(str(person.subject)),))
        await opened.requests.put(await opened.site(site), Address("site", site), asked)
        return person, forgotten


async def _hold(session: UUID, reference: str, until: datetime) -> None:
    async with desk() as opened:
        done = act(ActKind.EVIDENCE_HELD, author(), str(session), f"{reference}; until {until:%Y-%m-%d}")
        if not await Privacy(opened.stores.database).hold(session, reference, until, done):
            raise click.UsageError(f"there is no session {session}")


async def _person(opened: Desk, plate: Plate, site: str) -> Person:
    site_id: SiteId = (await opened.site(site)).id
    person = await Privacy(opened.stores.database).person(site_id, plate)
    if person is None:
        raise click.UsageError(f"nothing is known of this plate at {site}, or not any more")
    return person


def _answer_by() -> str:
    return f"to be answered by {SystemClock().now() + ANSWERED_WITHIN:%Y-%m-%d}"
