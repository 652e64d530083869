"""`syspark bench`."""

import asyncio
import logging
from pathlib import Path

import click
import uvloop

from ops.bench import report
from ops.bench.run import PARTS, run
from ops.bench.sizes import FULL, NORMAL
from ops.cli.session import QUIET

PAGE = Path("docs/performance.md")


@click.command()
@click.option("--part", "parts", multiple=True, type=click.Choice(list(PARTS)), help="This part only; may be repeated.")
@click.option("--full", is_flag=True, help="Longer and more often, with 1,000,000 past sessions.")
@click.option("--write", is_flag=True, help=f"Also write {PAGE}, in a checkout; all parts.")
def bench(parts: tuple[str, ...], full: bool, write: bool) -> None:
    """Measure each part of the service beside its floor, the least any program with its effects costs.

    Runs on a PostgreSQL and a broker of its own (mosquitto when it is installed) in a folder under /tmp; takes some
    minutes. Ratios mean something, figures only beside others of the same run.
    """
    if write and parts:
        raise click.UsageError("--write needs every part: the page would lose the others")
    if write and not PAGE.parent.is_dir():
        raise click.UsageError(f"there is no folder {PAGE.parent} here: run it at the root of a checkout")
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)
    names = [name for name in PARTS if name in parts or not parts]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        figures, machine = runner.run(run(names, FULL if full else NORMAL, lambda line: click.echo(f"==> {line}")))
    click.echo(f"\n{report.table(figures)}\n\n{machine.sentence}")
    if write:
        PAGE.write_text(report.page(figures, machine), encoding="utf-8")
        click.echo(f"written to {PAGE}")
