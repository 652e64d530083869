"""`syspark contract`."""

import sys
from pathlib import Path

import click

from ops.cli.explanation import explain
from ops.cli.session import desk, load_settings, run
from ops.cli.values import BrokerHost, FileAtSite, SecretFile, SiteWiring
from syspark.contract import bridge as bridge_file
from syspark.contract import broker_acl as acl_file
from syspark.contract.document import topics_markdown
from syspark.contract.parse import MAX_PAYLOAD
from syspark.contract.schemas import schemas_json
from syspark.contract.wiring import WiredSite, wired_site
from syspark.domain.access import Plan
from syspark.domain.units import DeviceName
from syspark.settings import Settings, generate_missing_secrets
from syspark.settings.values import mqtt_secret


@click.group()
def contract() -> None:
    """The MQTT contract: its topics, what a message means, and the files that wire a site."""


@contract.command()
def topics() -> None:
    """Print the table of all topics, as Markdown."""
    click.echo(topics_markdown(load_settings().mqtt_root), nl=False)


@contract.command()
def schemas() -> None:
    """Print the JSON Schemas of the JSON payloads, one document."""
    click.echo(schemas_json(), nl=False)


@contract.command("broker-acl")
@click.option(
    "--site",
    "sites",
    metavar="SITE[:DEVICE,...]",
    type=SiteWiring(),
    multiple=True,
    help="A site, with its devices that bear a suffix; repeat it. [default: every site of the database]",
)
def broker_acl(sites: tuple[WiredSite, ...]) -> None:
    """Print the access list (acl_file) of the cloud's mosquitto: a user for each site, and one for the cloud.

    A site's user has its name, the cloud's is MQTT_USERNAME, or cloud.
    """
    settings = load_settings()
    wired = sites or run(_sites_of_the_database())
    try:
        text = acl_file.broker_acl(settings.mqtt_root, wired, settings.mqtt_username or acl_file.CLOUD_USER)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    click.echo(text, nl=False)


@contract.command()
@click.option(
    "--site", metavar="SITE[:DEVICE,...]", type=SiteWiring(), required=True, help="The site, as for broker-acl."
)
@click.option("--host", type=BrokerHost(), help="The cloud's broker, as the site reaches it. [default: MQTT_HOST]")
@click.option("--port", type=click.IntRange(1, 65535), default=8883, show_default=True, help="Its TLS port.")
@click.option(
    "--ca-file",
    type=FileAtSite(),
    default="/etc/mosquitto/certs/cloud-ca.crt",
    show_default=True,
    help="Where the site keeps what the broker's certificate is checked against.",
)
@click.option(
    "--password-file",
    "password",
    type=SecretFile("password", mqtt_secret),
    help="A file with the site's password at the broker. [default: a line is left to fill in]",
)
def bridge(site: WiredSite, host: str | None, port: int, ca_file: str, password: str | None) -> None:
    """Print the bridge of a site's own mosquitto to the cloud's, topic by topic."""
    settings = load_settings()
    reached = host or settings.mqtt_host
    if reached is None:
        raise click.UsageError("no MQTT_HOST is set: name the cloud's broker with --host")
    uplink = bridge_file.Uplink(reached, port, ca_file, password)
    click.echo(bridge_file.bridge(settings.mqtt_root, site, uplink), nl=False)


async def _sites_of_the_database() -> tuple[WiredSite, ...]:
    async with desk() as opened:
        sites = await opened.administration.sites()
    return tuple(wired_site(site.id, [DeviceName(device.name) for device in site.devices]) for site in sites)


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
