"""The settings as the program uses them: typed, checked, frozen, masked when shown.

A field is named as its variable, in lower case. Order matters: a default may look at the fields above it.
"""

import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Self, get_args
from urllib.parse import unquote, urlsplit

from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from syspark.settings import passwords, values
from syspark.settings.environment import SettingsError, Variable, read_environment


class MqttVersion(StrEnum):
    """The version of MQTT spoken with the broker."""

    V5 = "5"
    V311 = "3.1.1"


class LogLevel(StrEnum):
    """The least serious lines written."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"
    CRITICAL = "CRITICAL"


class LogFormat(StrEnum):
    """For a person at a terminal, or for a machine that collects lines."""

    CONSOLE = "console"
    JSON = "json"


@dataclass(frozen=True)
class _About:
    """What people are told about a variable; `default` in words where the value alone would not tell."""

    meaning: str
    example: str
    default: str = ""


def _host_name_of_machine() -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "-", platform.node()).strip("-._")[:64] or "worker"


class Given(BaseSettings):
    """Every variable by itself, as it was given; `Settings` are those that also fit together."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, validate_default=False, alias_generator=str.upper
    )

    database_url: Annotated[
        SecretStr | None,
        BeforeValidator(values.database_url),
        _About(
            "PostgreSQL to use",
            "postgresql://syspark:PASSWORD@db.example.org:5432/syspark",
            "an embedded PostgreSQL in `SYSPARK_HOME`",
        ),
    ] = None
    mqtt_host: Annotated[
        str | None, BeforeValidator(values.host), _About("MQTT broker", "mqtt.example.org", "an embedded broker")
    ] = None
    mqtt_tls: Annotated[
        bool,
        BeforeValidator(values.switch),
        _About("encrypt the connection to the broker", "on", "`on`, or `off` when the broker is on this machine"),
    ] = Field(default_factory=lambda given: not values.is_this_machine(given["mqtt_host"] or "localhost"))
    mqtt_port: Annotated[
        int,
        BeforeValidator(values.whole_number(1, 65535)),
        _About("port of the broker", "8883", "`8883` with TLS, else `1883`"),
    ] = Field(default_factory=lambda given: 8883 if given["mqtt_tls"] else 1883)
    mqtt_username: Annotated[
        str | None, BeforeValidator(values.short_text), _About("user at the broker", "cloud", "anonymous")
    ] = None
    mqtt_password: Annotated[
        SecretStr | None,
        BeforeValidator(values.short_text),
        _About("password at the broker", "the-password-of-that-user"),
    ] = None
    mqtt_ca_file: Annotated[
        Path | None,
        BeforeValidator(values.certificates),
        _About("certificates (PEM) that the broker's is checked with", "/etc/ssl/broker-ca.pem", "those of the system"),
    ] = None
    mqtt_root: Annotated[str, BeforeValidator(values.topic_level), _About("first level of every topic", "parking")] = (
        "parking"
    )
    mqtt_version: Annotated[
        MqttVersion, BeforeValidator(values.choice(MqttVersion)), _About("MQTT version, `5` or `3.1.1`", "5")
    ] = MqttVersion.V5
    mqtt_secret: Annotated[
        SecretStr | None,
        BeforeValidator(values.mqtt_secret),
        _About(
            "application secret of the default site for sensitive updates",
            "the-secret-set-in-the-controllers",
            "generated in embedded mode; elsewhere messages that need it are rejected",
        ),
    ] = None
    mqtt_secret_previous: Annotated[
        SecretStr | None,
        BeforeValidator(values.mqtt_secret),
        _About("the secret before, accepted during a change", "the-secret-used-until-now"),
    ] = None
    syspark_secret_key: Annotated[
        SecretStr | None,
        BeforeValidator(passwords.signing_key),
        _About(
            "signs cookies and links, and seals the secrets in the database; at least 32 characters",
            "the-48-random-bytes-that-openssl-rand-base64-48-prints",
            "generated in embedded mode, required elsewhere",
        ),
    ] = None
    syspark_home: Annotated[
        Path, BeforeValidator(values.folder), _About("data of embedded mode", "/var/lib/syspark", "`./.syspark`")
    ] = Field(default_factory=lambda: Path(".syspark").absolute())
    admin_user: Annotated[
        str, BeforeValidator(values.account), _About("first operator, created when there is none", "marie.durand")
    ] = "admin"
    admin_password: Annotated[
        SecretStr | None,
        BeforeValidator(passwords.password),
        _About(
            "password of the first operator; at least 8 characters and no known default",
            "four-words-nobody-else-uses",
            "generated and printed once",
        ),
    ] = None
    stripe_api_key: Annotated[
        SecretStr | None,
        BeforeValidator(values.stripe_key),
        _About("payments", "sk_test_YOUR_KEY", "the sandbox provider, and every page and receipt says SANDBOX"),
    ] = None
    stripe_webhook_secret: Annotated[
        SecretStr | None,
        BeforeValidator(values.stripe_webhook_secret),
        _About("what Stripe signs its webhooks with; required with a key", "whsec_YOUR_SECRET"),
    ] = None
    stripe_webhook_secret_previous: Annotated[
        SecretStr | None,
        BeforeValidator(values.stripe_webhook_secret),
        _About("the signing secret before, accepted during a change", "whsec_THE_SECRET_USED_UNTIL_NOW"),
    ] = None
    stripe_api_base: Annotated[
        str, BeforeValidator(values.web_address), _About("address of Stripe's API", "https://api.stripe.com")
    ] = "https://api.stripe.com"
    telegram_bot_token: Annotated[
        SecretStr | None,
        BeforeValidator(values.telegram_token),
        _About("notifications", "123456789:YOUR_TOKEN", "alarms are on the dashboard only"),
    ] = None
    telegram_chat_id: Annotated[
        str | None, BeforeValidator(values.telegram_chat), _About("where notifications go", "-1001234567890")
    ] = None
    telegram_api_base: Annotated[
        str, BeforeValidator(values.web_address), _About("address of Telegram's API", "https://api.telegram.org")
    ] = "https://api.telegram.org"
    public_url: Annotated[
        str | None,
        BeforeValidator(values.origin),
        _About(
            "address people reach the pages at", "https://parking.example.org", "that of the request's own listener"
        ),
    ] = None
    port: Annotated[int, BeforeValidator(values.whole_number(1, 65535)), _About("port of the web server", "8080")] = (
        8080
    )
    host: Annotated[
        str,
        BeforeValidator(values.host),
        _About("address that is listened on", "0.0.0.0", "`127.0.0.1` in embedded mode, else `0.0.0.0`"),  # noqa: S104
    ] = Field(default_factory=lambda given: "127.0.0.1" if given["database_url"] is None else "0.0.0.0")  # noqa: S104
    trusted_proxies: Annotated[
        tuple[IPv4Network | IPv6Network, ...],
        BeforeValidator(values.networks),
        _About("proxies whose `X-Forwarded-For` is believed, separated by commas", "10.0.0.0/8,192.168.1.7", "none"),
    ] = ()
    metrics_token: Annotated[
        SecretStr | None,
        BeforeValidator(passwords.bearer_token),
        _About(
            "bearer token for `/metrics`; at least 8 characters",
            "a-long-random-token",
            "only loopback and private addresses may scrape",
        ),
    ] = None
    syspark_partitions: Annotated[
        int,
        BeforeValidator(values.whole_number(1, 1024)),
        _About("number of partitions sites are spread over, kept at the first migration", "64"),
    ] = 1
    syspark_worker_name: Annotated[
        str,
        BeforeValidator(values.worker_name),
        _About("name a restarted worker retakes its partitions by", "worker-1", "the machine's host name"),
    ] = Field(default_factory=_host_name_of_machine)
    syspark_worker_port: Annotated[
        int | None,
        BeforeValidator(values.whole_number(1, 65535)),
        _About(
            "port where a worker answers `/healthz`, `/readyz` and `/metrics` alone, at `HOST`; that of "
            "`syspark serve` too, beside its pages",
            "9090",
            "`syspark worker` answers nowhere",
        ),
    ] = None
    log_level: Annotated[
        LogLevel,
        BeforeValidator(values.choice(LogLevel)),
        _About("least serious lines written, from `DEBUG` to `CRITICAL`", "INFO"),
    ] = LogLevel.INFO
    log_format: Annotated[
        LogFormat, BeforeValidator(values.choice(LogFormat)), _About("`console` or `json`", "json")
    ] = LogFormat.CONSOLE
    openweather_api_key: Annotated[
        SecretStr | None,
        BeforeValidator(values.weather_key),
        _About("key of `syspark edge weather`", "the-key-of-your-account", "that command says so and stops"),
    ] = None
    openweather_api_base: Annotated[
        str, BeforeValidator(values.web_address), _About("OpenWeatherMap's API", "https://api.openweathermap.org")
    ] = "https://api.openweathermap.org"
    openweather_city: Annotated[
        str | None, BeforeValidator(values.short_text), _About("city whose weather is shown", "Paris,FR")
    ] = None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `load` was given counts: never the process environment behind the caller's back."""
        return (init_settings,)

    @classmethod
    def load(cls, environ: Mapping[str, str]) -> Self:
        """The settings of an environment. Raises SettingsError, one sentence, for the first thing that is wrong."""
        texts = read_environment(environ, cls.variables())
        try:
            return cls.model_validate(texts)
        except ValidationError as error:
            name, problem = _first_problem(error)
        # Raised here, outside the handler, so that no log of this error can reach the texts pydantic holds.
        example = next(variable.example for variable in cls.variables() if variable.name == name)
        raise SettingsError(name, problem, f"{name}={example}")

    @classmethod
    def variables(cls) -> tuple[Variable, ...]:
        """Every variable with its meaning, default and example, in the order of the fields."""
        return tuple(_variable(name.upper(), field) for name, field in cls.model_fields.items())

    @property
    def embedded_database(self) -> bool:
        """Whether PostgreSQL is ours to start: this is what "embedded mode" means for secrets and the listener."""
        return self.database_url is None

    @property
    def embedded_broker(self) -> bool:
        """Whether the broker is ours to start."""
        return self.mqtt_host is None

    def secret_values(self) -> tuple[str, ...]:
        """Every secret in clear, the password inside the database's address too, for the log redactor alone."""
        given = [value.get_secret_value() for _, value in self if isinstance(value, SecretStr)]
        if self.database_url is not None:
            password = urlsplit(self.database_url.get_secret_value()).password
            given += [password, unquote(password)] if password else []
        return tuple(given)


def _variable(name: str, field: FieldInfo) -> Variable:
    about = next(note for note in field.metadata if isinstance(note, _About))
    default: Any = None if field.default_factory else field.default
    return Variable(
        name=name,
        meaning=about.meaning,
        default=about.default or (f"`{default}`" if default is not None else "none"),
        secret=SecretStr in get_args(field.annotation),
        example=about.example,
    )


def _first_problem(error: ValidationError) -> tuple[str, str]:
    first = error.errors(include_url=False, include_input=False)[0]
    return str(first["loc"][0]), str(first.get("ctx", {}).get("error", "cannot be used"))
