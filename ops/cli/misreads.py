"""`syspark misreads`."""

import click

from ops.cli.root import CHECK_FAILED
from ops.misreads import ANY, Trial
from syspark.domain.risk import MISREAD

SHARE = click.FloatRange(0, 1)


@click.command()
@click.option(
    "--open", "vehicles", type=click.IntRange(1, 100_000), default=2_000, show_default=True, help="Open sessions."
)
@click.option("--exits", type=click.IntRange(1), default=200_000, show_default=True, help="How many vehicles leave.")
@click.option(
    "--misread", type=SHARE, default=MISREAD, show_default=True, help="Share of plates misread, at entry and exit."
)
@click.option(
    "--at-most", type=SHARE, default=0.001, show_default=True, help="The share of wrong matches to stay under."
)
@click.option(
    "--learned",
    "pairs",
    multiple=True,
    metavar="XY",
    help="Two characters the site has learned to confuse; repeatable.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same trial.")
@click.pass_context
def misreads(
    ctx: click.Context, vehicles: int, exits: int, misread: float, at_most: float, pairs: tuple[str, ...], seed: int
) -> None:
    """Try how often a misread plate would be taken for another vehicle inside: by the product's own rules.

    French plates drawn by chance, mistakes as cameras make them. Needs no database; exits 1 when the share of wrong
    automatic matches may be over `--at-most`, with 95 % confidence.
    """
    wrong = next((pair for pair in pairs if len(set(pair)) != 2 or len(pair) != 2 or not set(pair) <= set(ANY)), None)
    if wrong is not None:
        raise click.BadParameter(f"{wrong!r} is not two characters of a plate, such as HN", param_hint="--learned")
    trial = Trial(vehicles, misread, seed, frozenset("".join(sorted(pair)) for pair in pairs))
    outcome = trial.exits(exits)
    low, high = outcome.interval
    click.echo(f"{outcome.exits} exits, {vehicles} open sessions, {misread:.1%} of the plates misread")
    for words, count in (
        ("left as themselves", outcome.right),
        ("suggested to a person", outcome.suggested),
        ("unlike any, for a person", outcome.unknown),
        ("taken for another", outcome.wrong),
    ):
        click.echo(f"  {words:<26}{count:>9}  {count / outcome.exits:8.4%}")
    click.echo(f"wrong matches: {low:.4%} to {high:.4%} of exits (95 %); the site's own figure: {trial.risk:.4%}")
    if high > at_most:
        ctx.exit(CHECK_FAILED)
