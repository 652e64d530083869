"""Settings that are right one by one and wrong together: each would start and quietly do something else."""

from typing import Self
from urllib.parse import urlsplit

from pydantic import model_validator

from syspark.settings.environment import SettingsError
from syspark.settings.model import Given
from syspark.settings.values import is_this_machine


class Settings(Given):
    """Every setting of the process. Build it with `load`; `repr` masks what is secret."""

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        _keys(self)
        _broker(self)
        _payments(self)
        _notifications(self)
        return self


def _keys(settings: Given) -> None:
    if settings.database_url is not None and settings.syspark_secret_key is None:
        raise SettingsError(
            "SYSPARK_SECRET_KEY",
            "is missing, and outside embedded mode (DATABASE_URL is set) it is required",
            'SYSPARK_SECRET_KEY="$(openssl rand -base64 48)"',
        )
    if settings.mqtt_secret_previous is not None and settings.mqtt_secret is None:
        raise SettingsError(
            "MQTT_SECRET_PREVIOUS", "is set without MQTT_SECRET, the secret it came before", "set both during a change"
        )
    password = settings.admin_password
    if password is not None and password.get_secret_value().casefold() == settings.admin_user.casefold():
        raise SettingsError("ADMIN_PASSWORD", "is the same as ADMIN_USER", "ADMIN_PASSWORD=four-words-nobody-else-uses")


def _broker(settings: Given) -> None:
    if settings.mqtt_host is None:
        # A forgotten MQTT_HOST would start a broker of our own that no site connects to.
        meant_for_another = {
            "MQTT_USERNAME": settings.mqtt_username,
            "MQTT_PASSWORD": settings.mqtt_password,
            "MQTT_CA_FILE": settings.mqtt_ca_file,
            "MQTT_TLS": settings.mqtt_tls or None,
        }
        for name, value in meant_for_another.items():
            if value is not None:
                raise SettingsError(
                    name, "is for a broker of yours and MQTT_HOST names none", "MQTT_HOST=mqtt.example.org"
                )
    if settings.mqtt_password is not None and settings.mqtt_username is None:
        raise SettingsError("MQTT_PASSWORD", "is set without MQTT_USERNAME", "MQTT_USERNAME=cloud")
    if settings.mqtt_ca_file is not None and not settings.mqtt_tls:
        raise SettingsError("MQTT_CA_FILE", "has no use while MQTT_TLS is off", "MQTT_TLS=on")


def _payments(settings: Given) -> None:
    if settings.stripe_webhook_secret_previous is not None and settings.stripe_webhook_secret is None:
        raise SettingsError(
            "STRIPE_WEBHOOK_SECRET_PREVIOUS",
            "is set without STRIPE_WEBHOOK_SECRET, the secret it came before",
            "set both during a change",
        )
    if settings.stripe_api_key is None:
        return
    if settings.stripe_webhook_secret is None:
        raise SettingsError(
            "STRIPE_WEBHOOK_SECRET",
            "is missing, and without it no payment made with STRIPE_API_KEY could be believed",
            "STRIPE_WEBHOOK_SECRET=whsec_YOUR_SECRET",
        )
    base = urlsplit(settings.stripe_api_base)
    live = "_live_" in settings.stripe_api_key.get_secret_value()[:8]
    if live and (base.scheme != "https" or is_this_machine(base.hostname or "")):
        raise SettingsError(
            "STRIPE_API_BASE",
            "is a sandbox or is not encrypted, while STRIPE_API_KEY is a live key",
            "STRIPE_API_BASE=https://api.stripe.com",
        )


def _notifications(settings: Given) -> None:
    if settings.telegram_bot_token is not None and settings.telegram_chat_id is None:
        raise SettingsError(
            "TELEGRAM_CHAT_ID", "is missing while TELEGRAM_BOT_TOKEN is set", "TELEGRAM_CHAT_ID=-1001234567890"
        )
    if settings.telegram_chat_id is not None and settings.telegram_bot_token is None:
        raise SettingsError(
            "TELEGRAM_BOT_TOKEN",
            "is missing while TELEGRAM_CHAT_ID is set",
            "TELEGRAM_BOT_TOKEN=123456789:YOUR_TOKEN",
        )
