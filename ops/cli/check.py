"""`syspark check`."""

import click

from ops.cli.probes import Finding, probe_all
from ops.cli.session import configure_logs, load_settings, run
from syspark.settings import LogLevel, SettingsError


@click.command()
@click.pass_context
def check(ctx: click.Context) -> None:
    """Look at settings, database, broker, Stripe and Telegram: one line each, exit 1 when one is wrong.

    The calls are real: the broker is connected to, Stripe and Telegram are asked with the keys that are set.
    """
    try:
        settings = load_settings()
    except SettingsError as error:
        _show(Finding("settings", fine=False, says=str(error)))
        click.echo("The others are not looked at before that is right.")
        ctx.exit(1)
    configure_logs(settings, LogLevel.CRITICAL)
    _show(Finding("settings", fine=True, says="each is well-formed, and they fit together"))
    findings = run(probe_all(settings))
    for finding in findings:
        _show(finding)
    ctx.exit(0 if all(finding.fine for finding in findings) else 1)


def _show(finding: Finding) -> None:
    click.echo(f"{'fine ' if finding.fine else 'WRONG'}  {finding.what:<9} {finding.says}")
