"""`syspark rekey`."""

import click

from ops.cli.session import complete, desk, load_settings, run
from ops.cli.values import SecretFile
from syspark.domain.units import Secret
from syspark.errors import PermanentError
from syspark.persistence.postgres.database import Database
from syspark.persistence.postgres.retry import answered
from syspark.persistence.vault import UnopenableError, change_setting, open_vault
from syspark.settings.passwords import signing_key

CHANGED = "changed: start everything with the new key, and keep the former one beside the backups made until now"
ALREADY = "the database opens with this SYSPARK_SECRET_KEY already: nothing was changed"


@click.command()
@click.option(
    "--former-file",
    "former",
    type=SecretFile("key", signing_key),
    required=True,
    help="A file with the SYSPARK_SECRET_KEY used until now.",
)
def rekey(former: str) -> None:
    """Have the database open with the SYSPARK_SECRET_KEY of the settings instead of a former one.

    Stop workers and pages first: they read the key when they start. Links that the former one signed end.
    """
    click.echo(run(_rekey(Secret(former))))


async def _rekey(former: Secret) -> str:
    setting = complete(load_settings()).syspark_secret_key
    assert setting is not None
    new = Secret(setting.get_secret_value())
    async with desk() as opened:
        database = opened.stores.database
        try:
            await answered(change_setting(database, former, new))
        except UnopenableError:
            return await _already(database, new)
    return CHANGED


async def _already(database: Database, new: Secret) -> str:
    try:
        await open_vault(database, new)
    except UnopenableError as error:
        raise PermanentError("neither SYSPARK_SECRET_KEY nor the key in --former-file opens this database") from error
    return ALREADY
