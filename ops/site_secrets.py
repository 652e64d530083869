"""Which secrets a site's messages may hold: the default site's come from the settings, the others' from the vault."""

import logging

from pydantic import SecretStr

from syspark.contract.topics import DEFAULT_SITE
from syspark.persistence.vault import UnopenableError, Vault
from syspark.rows import SiteRow
from syspark.settings import Settings

logger = logging.getLogger(__name__)


class SiteSecrets:
    """`actors.sites.OpenSecrets`: a site's currently valid secrets, the newest first."""

    def __init__(self, settings: Settings, vault: Vault | None) -> None:
        self._of_default = _given(settings.mqtt_secret, settings.mqtt_secret_previous)
        self._vault = vault

    def __call__(self, site: SiteRow) -> tuple[str, ...]:
        """Never raises: a site whose secret cannot be opened must not stop the others."""
        if site.id == DEFAULT_SITE and self._of_default:
            return self._of_default
        if self._vault is None:
            return ()
        try:
            return tuple(self._vault.open(sealed) for sealed in site.sealed_secrets)
        except UnopenableError as error:
            logger.error("messages of site %s that need its secret are refused: %s", site.id, error)  # noqa: TRY400
            return ()

    def pin(self, sealed: bytes) -> str | None:
        """`actors.sites.OpenPin`; never raises, as above."""
        if self._vault is None:
            return None
        try:
            return self._vault.open(sealed)
        except UnopenableError as error:
            logger.error("a PIN cannot be sent: %s", error)  # noqa: TRY400
            return None


def _given(*secrets: SecretStr | None) -> tuple[str, ...]:
    return tuple(secret.get_secret_value() for secret in secrets if secret is not None)
