import os
import re
import threading
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from syspark.errors import PermanentError
from syspark.settings import (
    LogFormat,
    LogLevel,
    MqttVersion,
    Settings,
    SettingsError,
    generate_missing_secrets,
    settings_table,
)

DATABASE = {"DATABASE_URL": "postgresql://u:pw-of-db@db.example.org/syspark"}
KEY = {"SYSPARK_SECRET_KEY": "k3y-" * 10}
SECRETS = {
    "DATABASE_URL": "postgresql://u:pw-of-db@db.example.org/syspark",
    "MQTT_PASSWORD": "broker-pa55word",
    "MQTT_SECRET": "field-s3cret",
    "MQTT_SECRET_PREVIOUS": "former-s3cret",
    "SYSPARK_SECRET_KEY": "k3y-" * 10,
    "ADMIN_PASSWORD": "four unusual words here",
    "STRIPE_API_KEY": "sk_test_abc123",
    "STRIPE_WEBHOOK_SECRET": "whsec_abc123",
    "STRIPE_WEBHOOK_SECRET_PREVIOUS": "whsec_def456",
    "TELEGRAM_BOT_TOKEN": "123456:AA-bb_cc",
    "METRICS_TOKEN": "scrape-me-9f3a",
    "OPENWEATHER_API_KEY": "weather-9f3a",
}
COMPLETE = SECRETS | {"MQTT_HOST": "mqtt.example.org", "MQTT_USERNAME": "cloud", "TELEGRAM_CHAT_ID": "-1001"}


def refusal(environ: Mapping[str, str]) -> str:
    with pytest.raises(SettingsError) as caught:
        Settings.load(environ)
    assert caught.value.__context__ is None or not isinstance(caught.value.__context__, ValidationError)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert "; for example " in sentence
    assert sentence.startswith(caught.value.variable)
    assert isinstance(caught.value, PermanentError)
    return sentence


def clear(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()


# Defaults


def test_an_empty_environment_is_embedded_mode() -> None:
    settings = Settings.load({})
    assert settings.embedded_database
    assert settings.embedded_broker
    assert (settings.host, settings.port) == ("127.0.0.1", 8080)
    assert (settings.mqtt_tls, settings.mqtt_port, settings.mqtt_root) == (False, 1883, "parking")
    assert settings.mqtt_version is MqttVersion.V5
    assert settings.syspark_home == Path(".syspark").absolute()
    assert (settings.admin_user, settings.admin_password) == ("admin", None)
    assert (settings.log_level, settings.log_format) == (LogLevel.INFO, LogFormat.CONSOLE)
    assert settings.syspark_partitions == 1
    assert settings.syspark_worker_port is None
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", settings.syspark_worker_name)
    assert settings.trusted_proxies == ()
    assert settings.secret_values() == ()


def test_the_process_environment_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "9999")
    assert Settings.load({}).port == 8080


def test_a_complete_environment() -> None:
    settings = Settings.load(
        COMPLETE
        | {
            "MQTT_PORT": "8884",
            "MQTT_ROOT": "lots",
            "MQTT_VERSION": "3.1.1",
            "SYSPARK_HOME": "/nonexistent/home",
            "ADMIN_USER": "marie@example.org",
            "STRIPE_API_BASE": "http://localhost:12111/",
            "PUBLIC_URL": "https://parking.example.org/",
            "PORT": " 10000 ",
            "HOST": "::1",
            "TRUSTED_PROXIES": "10.0.0.0/8, 192.168.1.7",
            "SYSPARK_PARTITIONS": "1024",
            "SYSPARK_WORKER_NAME": "worker-1",
            "LOG_LEVEL": "debug",
            "LOG_FORMAT": "JSON",
            "OPENWEATHER_CITY": "Saint-Étienne, FR",
        }
    )
    assert not settings.embedded_database
    assert not settings.embedded_broker
    assert {name: clear(getattr(settings, name.lower())) for name in SECRETS} == SECRETS
    assert (settings.mqtt_tls, settings.mqtt_port, settings.mqtt_root) == (True, 8884, "lots")
    assert settings.mqtt_version is MqttVersion.V311
    assert settings.stripe_api_base == "http://localhost:12111"
    assert settings.public_url == "https://parking.example.org"
    assert (settings.host, settings.port) == ("::1", 10000)
    assert settings.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("192.168.1.7"))
    assert (settings.log_level, settings.log_format) == (LogLevel.DEBUG, LogFormat.JSON)
    assert settings.openweather_city == "Saint-Étienne, FR"


def test_outside_embedded_mode_the_listener_is_open_and_the_application_secret_optional() -> None:
    settings = Settings.load(DATABASE | KEY)
    assert settings.host == "0.0.0.0"
    assert settings.mqtt_secret is None


@pytest.mark.parametrize("name", list(COMPLETE))
@pytest.mark.parametrize("empty", ["", " "])
def test_an_empty_variable_is_unset(name: str, empty: str) -> None:
    assert Settings.load({name: empty}) == Settings.load({f"{name}_FILE": empty}) == Settings.load({})


@pytest.mark.parametrize(
    ("host", "encrypted"),
    [
        ("mqtt.example.org", True),
        ("192.168.1.10", True),
        ("localhost.example.org", True),
        ("localhost", False),
        ("LOCALHOST.", False),
        ("broker.localhost", False),
        ("127.0.0.53", False),
        ("::1", False),
        ("::ffff:127.0.0.1", False),
    ],
)
def test_the_broker_is_reached_encrypted_unless_it_is_this_machine(host: str, encrypted: bool) -> None:
    settings = Settings.load({"MQTT_HOST": host})
    assert (settings.mqtt_tls, settings.mqtt_port) == (encrypted, 8883 if encrypted else 1883)


@pytest.mark.parametrize(("word", "value"), [("on", True), ("TRUE", True), ("1", True), ("off", False), ("No", False)])
def test_encryption_may_be_chosen(word: str, value: bool) -> None:
    assert Settings.load({"MQTT_HOST": "192.168.1.10", "MQTT_TLS": word}).mqtt_tls is value


# Refusals

REFUSED = [
    ("DATABASE_URL", "mysql://h/db", "does not begin with postgresql:// or postgres://"),
    ("DATABASE_URL", "postgresql+psycopg://h/db", "does not begin with postgresql:// or postgres://"),
    ("DATABASE_URL", "postgresql://u:pa/ss@h:5432/db", "is not an address: special characters"),
    ("DATABASE_URL", "postgresql://u:pa#ss@h/db", "has a # or a space"),
    ("DATABASE_URL", "postgresql://h:99999/db", "is not an address: special characters"),
    ("DATABASE_URL", "postgresql://[::1/db", "is not an address: special characters"),
    ("DATABASE_URL", "postgresql://h", "names no database"),
    ("MQTT_HOST", "mqtts://mqtt.example.org", "has a scheme"),
    ("MQTT_HOST", "mqtt.example.org:8883", "is not a host name"),
    ("MQTT_HOST", "a b", "is not a host name"),
    ("MQTT_HOST", "-x", "is not a host name"),
    ("MQTT_HOST", "mq\u0442t.example.org", "is not a host name"),
    ("MQTT_PORT", "0", "is not a whole number from 1 to 65535"),
    ("MQTT_PORT", "tcp://10.0.0.1:1883", "is not a whole number from 1 to 65535"),
    ("MQTT_TLS", "maybe", "is neither on nor off"),
    ("MQTT_USERNAME", "x" * 201, "has more than 200 characters"),
    ("MQTT_ROOT", "parking/#", "is not one topic level"),
    ("MQTT_ROOT", "+", "is not one topic level"),
    ("MQTT_VERSION", "4", "is none of 5, 3.1.1"),
    ("MQTT_SECRET", "with space", "is not 1 to 64 ASCII characters"),
    ("MQTT_SECRET", "x" * 65, "is not 1 to 64 ASCII characters"),
    ("MQTT_SECRET_PREVIOUS", "é", "is not 1 to 64 ASCII characters"),
    ("SYSPARK_SECRET_KEY", "short-k3y", "has fewer than 32 characters"),
    ("SYSPARK_HOME", "/dev/null", "is not a folder"),
    ("SYSPARK_HOME", "/dev/null/x" + "y" * 5000, "is not a path that can be used"),
    ("SYSPARK_HOME", "~nobody-has-this-name/x", "is not a path that can be used"),
    ("ADMIN_USER", "a b", "is not 1 to 64 letters"),
    ("ADMIN_USER", "<script>", "is not 1 to 64 letters"),
    ("ADMIN_PASSWORD", "x7!kQ", "has fewer than 8 characters"),
    ("ADMIN_PASSWORD", "x7!kQ" * 300, "has more than 1024 characters"),
    ("STRIPE_API_KEY", "pk_test_abc", "is not a secret key"),
    ("STRIPE_API_KEY", "sk_test_", "is not a secret key"),
    ("STRIPE_WEBHOOK_SECRET", "sk_test_abc", "is not a signing secret"),
    ("STRIPE_WEBHOOK_SECRET_PREVIOUS", "sk_test_abc", "is not a signing secret"),
    ("STRIPE_API_BASE", "api.stripe.com", "does not begin with https://"),
    ("STRIPE_API_BASE", "https://", "is not a host name"),
    ("STRIPE_API_BASE", "https://u:hidden@api.stripe.com", "has a user or password"),
    ("STRIPE_API_BASE", "https://api.stripe.com/?a=1", "has more than scheme, host and path"),
    ("TELEGRAM_BOT_TOKEN", "bot123", "is not digits, a colon, and letters"),
    ("TELEGRAM_BOT_TOKEN", "123:../../x", "is not digits, a colon, and letters"),
    ("TELEGRAM_CHAT_ID", "my chat", "is neither a number nor a @channel"),
    ("TELEGRAM_CHAT_ID", "١٢٣", "is neither a number nor a @channel"),
    ("TELEGRAM_API_BASE", "ftp://x", "does not begin with https://"),
    ("PUBLIC_URL", "https://example.org/parking", "has a path"),
    ("PUBLIC_URL", "javascript:alert(1)", "does not begin with https://"),
    ("PORT", "http", "is not a whole number from 1 to 65535"),
    ("PORT", "65536", "is not a whole number from 1 to 65535"),
    ("PORT", "8_080", "is not a whole number from 1 to 65535"),
    ("PORT", "+80", "is not a whole number from 1 to 65535"),
    ("PORT", "80.0", "is not a whole number from 1 to 65535"),
    ("PORT", "٨٠", "is not a whole number from 1 to 65535"),
    ("PORT", "²", "is not a whole number from 1 to 65535"),
    ("PORT", "9" * 5000, "is not a whole number from 1 to 65535"),
    ("PORT", "true", "is not a whole number from 1 to 65535"),
    ("PORT", '"8080"', "is in quotes"),
    ("HOST", "http://0.0.0.0", "has a scheme"),
    ("TRUSTED_PROXIES", "10.0.0.1/8", "is not a list of addresses or networks"),
    ("TRUSTED_PROXIES", "10.0.0.1,,10.0.0.2", "is not a list of addresses or networks"),
    ("TRUSTED_PROXIES", "*", "is not a list of addresses or networks"),
    ("TRUSTED_PROXIES", "0.0.0.0/0", "trusts every address"),
    ("METRICS_TOKEN", "t0k-9f", "is not 8 to 512 ASCII characters"),
    ("METRICS_TOKEN", "with a space in it", "is not 8 to 512 ASCII characters"),
    ("METRICS_TOKEN", "changeme", "is a well-known default"),
    ("SYSPARK_PARTITIONS", "0", "is not a whole number from 1 to 1024"),
    ("SYSPARK_PARTITIONS", "1025", "is not a whole number from 1 to 1024"),
    ("SYSPARK_WORKER_PORT", "0", "is not a whole number from 1 to 65535"),
    ("SYSPARK_WORKER_NAME", "a/b", "is not 1 to 64 letters"),
    ("LOG_LEVEL", "VERBOSE", "is none of DEBUG, INFO, WARNING, ERROR, CRITICAL"),
    ("LOG_FORMAT", "xml", "is none of console, json"),
    ("OPENWEATHER_API_KEY", "a b", "is not ASCII characters without spaces"),
    ("OPENWEATHER_API_BASE", "x", "does not begin with https://"),
    ("OPENWEATHER_CITY", "x" * 201, "has more than 200 characters"),
]


@pytest.mark.parametrize(("name", "value", "problem"), REFUSED)
def test_a_wrong_value_is_one_sentence_without_the_value(name: str, value: str, problem: str) -> None:
    sentence = refusal({name: value})
    assert sentence.startswith(f"{name} {problem}")
    assert f"; for example {name}=" in sentence
    assert len(value) < 15 or value not in sentence


def test_every_variable_that_can_be_wrong_has_a_refusal_above() -> None:
    tested = {name for name, _, _ in REFUSED} | {"MQTT_CA_FILE", "MQTT_PASSWORD"}
    assert tested == {variable.name for variable in Settings.variables()}


@pytest.mark.parametrize(
    "value",
    [
        "admin",
        "ADMIN",
        "password",
        "Passw0rd!",
        "p@ssw0rd",
        "changeme",
        "root",
        "secret",
        "syspark",
        "parking",
        "admin123",
        "admin2026!",
        "12345678",
        "00000000",
        "aaaaaaaaaa",
        "motdepasse",
        "azerty123",
        "adminadmin",
        "letmein!",
    ],
)
def test_a_known_default_is_no_password(value: str) -> None:
    sentence = refusal({"ADMIN_USER": "admin", "ADMIN_PASSWORD": value})
    assert sentence.startswith("ADMIN_PASSWORD is a well-known default; ")


def test_the_password_is_not_the_account() -> None:
    sentence = refusal({"ADMIN_USER": "marie.durand", "ADMIN_PASSWORD": "Marie.Durand"})
    assert sentence.startswith("ADMIN_PASSWORD is the same as ADMIN_USER")


@pytest.mark.parametrize("variable", [each for each in Settings.variables() if each.secret], ids=lambda each: each.name)
def test_an_example_of_a_secret_is_not_a_secret(variable: object) -> None:
    name, example = variable.name, variable.example  # type: ignore[attr-defined]
    assert refusal({name: example}).startswith(f"{name} is still the example of the documentation")


@pytest.mark.parametrize("name", ["MQTT_PASSWORD", "OPENWEATHER_CITY"])
@pytest.mark.parametrize("character", ["\n", "\x00", "\x1b", "\u200b", "\u202e", "\u2028", "\udc80", "\r"])
def test_a_character_nobody_sees_is_refused(name: str, character: str) -> None:
    assert refusal({name: f"abc{character}def"}).startswith(f"{name} has an invisible or control character")


def test_a_space_at_the_end_of_a_secret_is_refused_and_elsewhere_ignored() -> None:
    assert refusal({"MQTT_SECRET": "field-s3cret "}).startswith("MQTT_SECRET begins or ends with a space")
    assert Settings.load({"OPENWEATHER_CITY": " Paris "}).openweather_city == "Paris"


LIVE = {"STRIPE_API_KEY": "sk_live_abc123", "STRIPE_WEBHOOK_SECRET": "whsec_abc"}


@pytest.mark.parametrize(
    ("environ", "beginning"),
    [
        (DATABASE, "SYSPARK_SECRET_KEY is missing, and outside embedded mode"),
        ({"MQTT_SECRET_PREVIOUS": "former"}, "MQTT_SECRET_PREVIOUS is set without MQTT_SECRET"),
        ({"MQTT_USERNAME": "cloud"}, "MQTT_USERNAME is for a broker of yours and MQTT_HOST names none"),
        ({"MQTT_PASSWORD": "pa55word"}, "MQTT_PASSWORD is for a broker of yours and MQTT_HOST names none"),
        ({"MQTT_TLS": "on"}, "MQTT_TLS is for a broker of yours and MQTT_HOST names none"),
        ({"MQTT_HOST": "h", "MQTT_PASSWORD": "pa55word"}, "MQTT_PASSWORD is set without MQTT_USERNAME"),
        ({"STRIPE_API_KEY": "sk_test_abc123"}, "STRIPE_WEBHOOK_SECRET is missing"),
        ({"STRIPE_WEBHOOK_SECRET_PREVIOUS": "whsec_abc"}, "STRIPE_WEBHOOK_SECRET_PREVIOUS is set without"),
        (LIVE | {"STRIPE_API_BASE": "https://localhost:12111"}, "STRIPE_API_BASE is a sandbox"),
        (LIVE | {"STRIPE_API_BASE": "https://127.0.0.2"}, "STRIPE_API_BASE is a sandbox"),
        (LIVE | {"STRIPE_API_BASE": "https://[::1]:1"}, "STRIPE_API_BASE is a sandbox"),
        (LIVE | {"STRIPE_API_BASE": "http://api.stripe.com"}, "STRIPE_API_BASE is a sandbox or is not encrypted"),
        (
            LIVE | {"STRIPE_API_KEY": "rk_live_abc123", "STRIPE_API_BASE": "http://0.0.0.0:1"},
            "STRIPE_API_BASE is a sandbox",
        ),
        ({"TELEGRAM_BOT_TOKEN": "123456:AA"}, "TELEGRAM_CHAT_ID is missing while TELEGRAM_BOT_TOKEN is set"),
        ({"TELEGRAM_CHAT_ID": "@alarms"}, "TELEGRAM_BOT_TOKEN is missing while TELEGRAM_CHAT_ID is set"),
    ],
)
def test_settings_that_do_not_fit_together(environ: dict[str, str], beginning: str) -> None:
    sentence = refusal(environ)
    assert sentence.startswith(beginning)
    assert not [value for name, value in environ.items() if name in SECRETS and value in sentence]


def test_a_live_key_with_stripe_itself_is_fine() -> None:
    assert clear(Settings.load(LIVE).stripe_api_key) == "sk_live_abc123"


def test_a_ca_file_is_read_at_once(tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    environ = {"MQTT_HOST": "h", "MQTT_CA_FILE": str(ca)}
    assert refusal(environ).startswith("MQTT_CA_FILE names a file that does not exist")
    ca.write_text("not a certificate")
    assert refusal(environ).startswith("MQTT_CA_FILE names a file that holds no PEM certificate")
    assert refusal(environ | {"MQTT_CA_FILE": str(tmp_path)}).startswith("MQTT_CA_FILE names a file that ")
    ca.write_text(CERTIFICATE)
    assert Settings.load(environ).mqtt_ca_file == ca
    assert refusal(environ | {"MQTT_TLS": "off"}).startswith("MQTT_CA_FILE has no use while MQTT_TLS is off")
    assert refusal({"MQTT_CA_FILE": str(ca)}).startswith("MQTT_CA_FILE is for a broker of yours")


# Misspelt names


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("MQTT_HSOT", "MQTT_HOST"),
        ("MQTT_USER", "MQTT_USERNAME"),
        ("mqtt_host", "MQTT_HOST"),
        ("MQTT_HOST_FILE", "MQTT_HOST"),
        ("SYSPARK_SECRETKEY", "SYSPARK_SECRET_KEY"),
        ("SYSPARK_PARTITION", "SYSPARK_PARTITIONS"),
        ("STRIPE_WEBHOOK_SECRT", "STRIPE_WEBHOOK_SECRET"),
        ("STRIPE_API_KEY_FIL", "STRIPE_API_KEY_FILE"),
        ("TELEGRAM_BOT_TOKN", "TELEGRAM_BOT_TOKEN"),
        ("OPENWEATHER_APIKEY", "OPENWEATHER_API_KEY"),
        ("ADMIN_PASWORD", "ADMIN_PASSWORD"),
    ],
)
def test_a_misspelt_variable_is_refused_with_what_was_meant(name: str, meant: str) -> None:
    sentence = refusal({name: "x7-hidden-value"})
    assert sentence.startswith(f"{name} is not a setting of SysPark: did you mean {meant}; for example {meant}=")
    assert "hidden" not in sentence


def test_a_name_like_no_other_is_refused_with_its_neighbours() -> None:
    assert refusal({"ADMIN_ZZZZZZZZZZ": "x"}).startswith(
        "ADMIN_ZZZZZZZZZZ is not a setting of SysPark: did you mean one of ADMIN_USER, ADMIN_PASSWORD; for example "
    )


def test_a_hostile_name_cannot_forge_a_line() -> None:
    sentence = refusal({"MQTT_\n\x1b[31m" + "x" * 500: "x"})
    assert sentence.isprintable()
    assert len(sentence) < 700


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HOME", "/root"),
        ("PORTAL", "x"),
        ("MQTT_HSOT", ""),
        ("MQTT_SERVICE_HOST", "10.0.0.1"),
        ("MQTT_SERVICE_PORT", "1883"),
        ("MQTT_SERVICE_PORT_MQTT_TLS", "8883"),
        ("SYSPARK_PORT", "tcp://10.0.0.1:8080"),
        ("SYSPARK_PORT_8080_TCP", "tcp://10.0.0.1:8080"),
        ("SYSPARK_PORT_8080_TCP_ADDR", "10.0.0.1"),
    ],
)
def test_what_is_not_ours_is_left_alone(name: str, value: str) -> None:
    assert Settings.load({name: value}) == Settings.load({})


# Secrets from files


@pytest.mark.parametrize("name", list(SECRETS))
@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_each_secret_may_stand_in_a_file(name: str, end: str, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_bytes((SECRETS[name] + end).encode())
    environ = {key: value for key, value in COMPLETE.items() if key != name} | {f"{name}_FILE": str(file)}
    assert Settings.load(environ) == Settings.load(COMPLETE)


def test_the_secrets_are_those_that_are_masked() -> None:
    assert {variable.name for variable in Settings.variables() if variable.secret} == set(SECRETS)


@pytest.mark.parametrize("name", list(SECRETS))
def test_each_secret_file_is_refused_when_it_cannot_be_read(name: str, tmp_path: Path) -> None:
    variable, file = f"{name}_FILE", tmp_path / "secret"
    assert refusal({variable: str(file)}).startswith(f"{variable} names a file that does not exist")
    assert refusal({variable: str(tmp_path)}).startswith(f"{variable} names something that is not a file")
    assert refusal({variable: "/dev/zero"}).startswith(f"{variable} names something that is not a file")
    assert refusal({variable: "/" + "x" * 5000}).startswith(f"{variable} names a file that cannot be read")
    assert refusal({variable: "/a\x00b"}).startswith(f"{variable} names a file that cannot be read")
    for content, problem in (
        (b"", "names an empty file"),
        (b" \n", "names an empty file"),
        (b"\xff\xfe", "names a file that is not UTF-8 text"),
        (b"x" * 70_000, "names a file of more than 64 KiB"),
    ):
        file.write_bytes(content)
        assert refusal({variable: str(file)}).startswith(f"{variable} {problem}")
    file.write_text(SECRETS[name])
    assert refusal({variable: str(file), name: SECRETS[name]}).startswith(f"{name} and {variable} are both given")


def test_a_wrong_secret_in_a_file_is_refused_as_one_in_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("hidden-k3y")
    sentence = refusal({"SYSPARK_SECRET_KEY_FILE": str(file)})
    assert sentence.startswith("SYSPARK_SECRET_KEY has fewer than 32 characters")
    assert "hidden" not in sentence


# Masking


def test_no_secret_is_shown() -> None:
    settings = Settings.load(COMPLETE)
    for shown in (
        repr(settings),
        str(settings),
        f"{settings}",
        repr(settings.model_dump()),
        settings.model_dump_json(),
    ):
        assert not [value for value in (*SECRETS.values(), "pw-of-db") if value in shown]


def test_the_redactor_is_told_every_secret_and_the_password_in_the_address() -> None:
    settings = Settings.load(COMPLETE | {"DATABASE_URL": "postgres://u:p%40ss@h/db"})
    assert set(settings.secret_values()) == set(SECRETS.values()) - {SECRETS["DATABASE_URL"]} | {
        "postgres://u:p%40ss@h/db",
        "p%40ss",
        "p@ss",
    }


def test_settings_are_frozen() -> None:
    settings = Settings.load({})
    with pytest.raises(ValidationError, match="frozen"):
        settings.port = 1


@given(
    st.dictionaries(
        st.sampled_from([variable.name for variable in Settings.variables()]) | st.text(max_size=20),
        st.text(max_size=60) | st.sampled_from(["8080", "on", "https://h", "postgres://h/d", "[", "//[x"]),
    )
)
def test_any_environment_gives_settings_or_one_sentence(environ: dict[str, str]) -> None:
    try:
        settings = Settings.load(environ)
    except SettingsError as error:
        sentence = str(error)
    else:
        sentence = "; for example "
        assert not [value for value in settings.secret_values() if len(value) > 12 and value in repr(settings)]
    assert sentence.isprintable()
    assert "; for example " in sentence


# Generated secrets


def test_embedded_mode_makes_its_secrets_once(tmp_path: Path) -> None:
    settings = Settings.load({"SYSPARK_HOME": str(tmp_path / "deep" / "home")})
    first = generate_missing_secrets(settings)
    assert len(clear(first.mqtt_secret) or "") == 48
    assert len(clear(first.syspark_secret_key) or "") == 48
    assert first.mqtt_secret != first.syspark_secret_key
    assert generate_missing_secrets(settings) == first
    home = tmp_path / "deep" / "home"
    assert sorted(path.name for path in (home / "secrets").iterdir()) == ["mqtt_secret", "syspark_secret_key"]
    assert {path.stat().st_mode & 0o777 for path in (home / "secrets").iterdir()} == {0o600}
    assert (home / "secrets").stat().st_mode & 0o777 == 0o700
    assert home.stat().st_mode & 0o066 == 0
    assert set(first.secret_values()) == {clear(first.mqtt_secret), clear(first.syspark_secret_key)}
    assert not [value for value in first.secret_values() if value in repr(first)]


def test_a_wide_mask_does_not_open_the_files_and_an_existing_home_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    before = os.umask(0)
    try:
        generate_missing_secrets(Settings.load({"SYSPARK_HOME": str(tmp_path)}))
    finally:
        os.umask(before)
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "secrets" / "mqtt_secret").stat().st_mode & 0o777 == 0o600
    assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_a_given_secret_is_used_and_not_stored(tmp_path: Path) -> None:
    settings = Settings.load({"SYSPARK_HOME": str(tmp_path), "MQTT_SECRET": "field-s3cret"} | KEY)
    assert generate_missing_secrets(settings) == settings
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_made_outside_embedded_mode(tmp_path: Path) -> None:
    settings = Settings.load({"SYSPARK_HOME": str(tmp_path)} | DATABASE | KEY)
    assert generate_missing_secrets(settings) is settings
    assert list(tmp_path.iterdir()) == []


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    settings = Settings.load({"SYSPARK_HOME": str(tmp_path)})
    gate, results = threading.Barrier(8), []

    def start() -> None:
        gate.wait()
        results.append(generate_missing_secrets(settings))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 8
    assert all(result == results[0] for result in results)
    assert len(list((tmp_path / "secrets").iterdir())) == 2


def test_a_home_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    settings = Settings.load({"SYSPARK_HOME": str(tmp_path / "home")})
    (tmp_path / "home").write_text("in the way")
    with pytest.raises(SettingsError, match=r"^SYSPARK_HOME cannot be written \([^\n]+\); for example SYSPARK_HOME=/"):
        generate_missing_secrets(settings)


@pytest.mark.parametrize("damaged", ["", "short"])
def test_a_damaged_secret_is_not_replaced(tmp_path: Path, damaged: str) -> None:
    settings = Settings.load({"SYSPARK_HOME": str(tmp_path)})
    generate_missing_secrets(settings)
    (tmp_path / "secrets" / "syspark_secret_key").write_text(damaged)
    with pytest.raises(SettingsError, match=r"^SYSPARK_HOME holds a damaged syspark_secret_key; "):
        generate_missing_secrets(settings)
    assert (tmp_path / "secrets" / "syspark_secret_key").read_text() == damaged


# The table


def test_the_table_tells_every_variable_once_and_no_secret() -> None:
    lines = settings_table().splitlines()
    assert [line.split("`")[1] for line in lines[2:]] == [variable.name for variable in Settings.variables()]
    assert all(line.count("|") == 5 for line in lines)
    assert "| `PORT` | port of the web server | `8080` | |" in lines
    assert [line.split("`")[1] for line in lines[2:] if line.endswith("| yes |")] == [
        variable.name for variable in Settings.variables() if variable.secret
    ]


def test_every_example_that_is_no_secret_is_valid() -> None:
    for variable in Settings.variables():
        if not variable.secret and variable.name != "MQTT_CA_FILE":
            context = {"MQTT_HOST": "h", "TELEGRAM_BOT_TOKEN": "1:A", "TELEGRAM_CHAT_ID": "1"}
            Settings.load(context | {variable.name: variable.example})


CERTIFICATE = """-----BEGIN CERTIFICATE-----
MIIBdTCCARugAwIBAgIUaBRpYf9Y3reWWO1DjC0Yd3Mf6fcwCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjIxNDE1NTZaGA8yMTI2MTAyOTE0MTU1
NlowDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABMkx
Yne5MhZNMcvulJmqMgycLU4kQd6GgFWVEUCUUbBag5MU1OrKW8qFqQINmhPt/1Xn
fSSHqGEdUlhi3TAp5YWjUzBRMB0GA1UdDgQWBBSMNaCkRhgehRttzC5ZgqYBlyDF
9zAfBgNVHSMEGDAWgBSMNaCkRhgehRttzC5ZgqYBlyDF9zAPBgNVHRMBAf8EBTAD
AQH/MAoGCCqGSM49BAMCA0gAMEUCIGqDzt6Me/h91ZFeGhalTmx3UGazMDx3raMz
HxZjjO8hAiEAz7BYz9Y0qJ2dl0y0RxLecD0Ekw2k/fkS6Rbq/8DwRXo=
-----END CERTIFICATE-----
"""
