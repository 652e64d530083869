"""`syspark retention`."""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby

import click

from ops.cli.session import desk, run
from ops.requests import author
from ops.retaining import Retainer
from syspark.clock import SystemClock
from syspark.persistence.retention import AGES, Held, Retention

KINDS = {"photo": "pictures", "plate": "plates", "stay": "closed stays with a plate"}


@click.group()
def retention() -> None:
    """What is kept of people, and for how long."""


@retention.command("run")
def run_() -> None:
    """Erase now whatever is over its time: the service does so by itself every night."""
    erased = run(_run())
    if sys.stderr.isatty():
        click.echo(err=True)
    for what, count in erased.items():
        if count:
            click.echo(f"erased {count} {what}")
    if not any(erased.values()):
        click.echo("nothing is over its time")


@retention.command()
def show() -> None:
    """Show how much there is that names a person, by how old it is."""
    for kind, found in groupby(run(_held()), key=lambda one: one.kind):
        counts = {one.age: one.count for one in found}
        click.echo(
            f"{KINDS[kind]}: {sum(counts.values())}"
            f" (7 days {counts[AGES[0]]}, 30 days {counts[AGES[1]]}, a year {counts[AGES[2]]}, older {counts[AGES[3]]})"
        )


async def _run() -> Mapping[str, int]:
    done: Counter[str] = Counter()

    def tell(what: str, erased: int) -> None:
        done[what] += erased
        if sys.stderr.isatty():
            click.echo(f"\r\033[K{done[what]} {what}", err=True, nl=False)

    async with desk() as opened:
        return await Retainer(opened.stores.database, opened.stores.stores.inbox, SystemClock()).run(author(), tell)


async def _held() -> Sequence[Held]:
    async with desk() as opened:
        return await Retention(opened.stores.database, {}, SystemClock().now()).held()
