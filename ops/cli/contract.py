"""`syspark contract`."""

import sys
from pathlib import Path

import click

from ops.cli.explanation import explain
from ops.cli.session import load_settings
from syspark.contract.document import topics_markdown
from syspark.contract.parse import MAX_PAYLOAD
from syspark.domain.access import Plan
from syspark.settings import Settings, generate_missing_secrets


@click.group()
def contract() -> None:
    """The MQTT contract: its topics, and what a message means."""


@contract.command()
def topics() -> None:
    """Print the table of all topics, as Markdown."""
    click.echo(topics_markdown(load_settings().mqtt_root), nl=False)


@contract.command()
@click.argument("topic")
@click.argument("payload", required=False)
@click.option("--retained", is_flag=True, help="As if it came with the retain flag.")
@click.option(
    "--plan", type=click.Choice([plan.value for plan in Plan]), help="As if the site knew the badge, under this plan."
)
@click.pass_context
def check(ctx: click.Context, topic: str, payload: str | None, retained: bool, plan: str | None) -> None:
    """Tell what would be understood from a message, and what a fresh site would decide, and why.

    Nothing is sent or stored. Without PAYLOAD it is read from standard input, as bytes. Exit 1: it would be rejected.
    """
    if payload is not None:
        body = payload.encode(errors="surrogateescape")
    elif sys.stdin.isatty():
        raise click.UsageError("a PAYLOAD is missing; it may be empty: ''")
    else:
        body = sys.stdin.buffer.read(MAX_PAYLOAD + 1)
    settings = load_settings()
    explanation = explain(
        settings.mqtt_root,
        topic,
        body,
        retained=retained,
        secrets=_secrets(settings),
        plan=Plan(plan) if plan else None,
    )
    for line in explanation.lines:
        click.echo(line)
    ctx.exit(0 if explanation.accepted else 1)


def _secrets(settings: Settings) -> tuple[str, ...]:
    """The default site's secrets; nothing is made where embedded mode has not run yet."""
    if Path(settings.syspark_home, "secrets", "mqtt_secret").exists():
        settings = generate_missing_secrets(settings)
    given = (settings.mqtt_secret, settings.mqtt_secret_previous)
    return tuple(secret.get_secret_value() for secret in given if secret is not None)
