"""The values commands take, read as strictly as those that come from the field."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import click
import msgspec

from syspark.contract.reasons import UnreadableError
from syspark.contract.topics import is_site_name
from syspark.contract.values import clean_text, read_plate, read_uid
from syspark.contract.wiring import WiredSite, wired_site
from syspark.domain.access import Window, windows_of
from syspark.domain.seller import read_siren, read_vat_number
from syspark.domain.units import DeviceName, Plate, SiteId, Uid
from syspark.persistence.chain import Head
from syspark.settings.values import account, host

LONGEST_NAME = 100


class BadgeNumber(click.ParamType[Uid]):
    """A badge's UID."""

    name = "uid"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Uid:
        """Its first eight digits, in upper case."""
        try:
            return read_uid(str(value))
        except UnreadableError as error:
            self.fail(f"{error.rejection.detail}, such as A1B2C3D4", param, ctx)


class PlateNumber(click.ParamType[Plate]):
    """A number plate."""

    name = "plate"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Plate:
        """Its letters and digits, in upper case."""
        try:
            return read_plate(str(value))
        except UnreadableError as error:
            self.fail(f"{error.rejection.detail}, such as AA-123-BB", param, ctx)


class Siren(click.ParamType[str]):
    """A company's number in France."""

    name = "siren"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Its nine digits."""
        try:
            return read_siren(str(value))
        except ValueError as error:
            self.fail(f"{error}; 552 100 554 is a right one", param, ctx)


class VatNumber(click.ParamType[str]):
    """A company's number for value added tax."""

    name = "vat number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Its letters and digits."""
        try:
            return read_vat_number(str(value))
        except ValueError as error:
            self.fail(f"{error}; FR96552100554 is a right one", param, ctx)


class Hours(click.ParamType[tuple[Window, ...]]):
    """Hours of the week."""

    name = "hours"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[Window, ...]:
        """The windows."""
        if isinstance(value, tuple):
            return value
        try:
            return windows_of(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Rule(click.ParamType[tuple[str, object]]):
    """A rule of a policy with its value: `name=value`, the value as JSON, as a word, or as hours of the week."""

    name = "rule"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, object]:
        """Its name and value."""
        name, found, text = str(value).partition("=")
        if not found:
            self.fail(f"{value!r} is no rule with a value, such as passback=hard", param, ctx)
        if name == "opening_hours":
            return name, msgspec.to_builtins(Hours().convert(text, param, ctx))
        try:
            return name, msgspec.json.decode(text)
        except msgspec.DecodeError:
            return name, text


class SiteName(click.ParamType[SiteId]):
    """A name a site may have in topics."""

    name = "site"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> SiteId:
        """The name."""
        if not is_site_name(str(value)):
            self.fail(
                "a site's name has 2 to 32 letters a to z, digits and dashes, and is not that of a device: lyon-2",
                param,
                ctx,
            )
        return SiteId(str(value))


class SiteWiring(click.ParamType[WiredSite]):
    """A site with its devices that bear a suffix: `lyon`, or `lyon:barriere_entree-2,sensor_gate-exit`."""

    name = "site"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> WiredSite:
        """The site."""
        if isinstance(value, WiredSite):
            return value
        name, colon, devices = str(value).partition(":")
        try:
            return wired_site(
                SiteName().convert(name, param, ctx), [DeviceName(one) for one in devices.split(",") if colon]
            )
        except ValueError as error:
            self.fail(str(error), param, ctx)


class BrokerHost(click.ParamType[str]):
    """A host name or an address."""

    name = "host"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The host."""
        try:
            return host(str(value))
        except ValueError as error:
            self.fail(f"{value!r} {error}", param, ctx)


class FileAtSite(click.ParamType[str]):
    """The path of a file on another machine, fit for a line of a configuration."""

    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The path."""
        if not str(value).startswith("/") or not str(value).isprintable():
            self.fail(f"{value!r} is not a whole path, such as /etc/mosquitto/certs/cloud-ca.crt", param, ctx)
        return str(value)


class SecretFile(click.ParamType[str]):
    """A file that holds a secret."""

    name = "file"

    def __init__(self, what: str, read: Callable[[str], str]) -> None:
        """`what` it holds, and how that is read. `read` raises ValueError."""
        self._what = what
        self._read = read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The secret."""
        try:
            return self._read(Path(str(value)).read_text(encoding="utf-8").strip("\r\n"))
        except (OSError, UnicodeError):
            self.fail(f"{str(value)!r} cannot be read", param, ctx)
        except ValueError as error:
            self.fail(f"the {self._what} in it {error}", param, ctx)


class Zone(click.ParamType[str]):
    """A time zone."""

    name = "zone"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Its name."""
        try:
            return ZoneInfo(str(value)).key
        except (KeyError, ValueError, OSError):
            self.fail("is not a time zone, such as Europe/Paris", param, ctx)


class Name(click.ParamType[str]):
    """A text for people."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text without what cannot be shown."""
        text = clean_text(str(value), LONGEST_NAME)
        if not text:
            self.fail("is empty", param, ctx)
        return text


class ParkedId(click.ParamType[UUID]):
    """The id of a message that was parked."""

    name = "id"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> UUID:
        """As an id."""
        try:
            return UUID(str(value))
        except ValueError:
            self.fail(f"{str(value)!r} is the id of no message; `syspark rejected` lists those parked", param, ctx)


class ChainHead(click.ParamType[tuple[str, Head]]):
    """Where a chain of the journal once ended: `site:default=120:` and 64 hexadecimal digits."""

    name = "head"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Head]:
        """The chain and its head."""
        found = re.fullmatch(r"(.+)=([1-9][0-9]{0,17}):([0-9a-f]{64})", str(value), re.ASCII)
        if found is None:
            self.fail("a head is told as syspark audit verify tells it: site:default=120:<64 hexadecimal digits>")
        return found[1], Head(int(found[2]), bytes.fromhex(found[3]))


class Account(click.ParamType[str]):
    """The name somebody signs in by."""

    name = "login"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name."""
        try:
            return account(str(value))
        except ValueError as error:
            self.fail(f"{value!r} {error}", param, ctx)


class Day(click.ParamType[date]):
    """A date, or a date with a time, in the site's own time."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """A `date`, or a `datetime` when a time is given."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            pass
        try:
            return datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is not a date such as 2026-12-31, or 2026-12-31T18:00", param, ctx)


def instant(day: date, zone: str, *, is_end: bool) -> datetime:
    """The instant a day of a site's own calendar begins, or is over; a time means itself."""
    if isinstance(day, datetime):
        return (day if day.tzinfo else day.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
    begins = day + timedelta(days=1) if is_end else day
    return datetime.combine(begins, time.min, ZoneInfo(zone)).astimezone(UTC)
