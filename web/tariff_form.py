"""The editor of a tariff: its fields read into a tariff, and a tariff written into its fields.

What cannot be read is told of the field it stands in; what can be read and makes no sense is found by `problems`.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

import msgspec

from syspark.domain.access import clocks_of, text_of, windows_of
from syspark.domain.tariff import Band, CapBy, Code, Event, Package, Subscription, Tariff
from syspark.domain.tariff.problem import BANDS, PACKAGES
from syspark.domain.units import Cents
from web.sentence import Sentence, said

STEPS = (5, 10, 15, 20, 30, 60)
ROWS_FREE = 2
"""Empty rows offered after those that are filled."""

_MONEY = re.compile(r"(\d{1,5})(?:[.,](\d{1,2}))?")
_EVENT = re.compile(r"(\d{4}-\d\d-\d\d) +(\d\d:\d\d) *- *(\d\d:\d\d)")

Fields = Mapping[str, str]


class NotUnderstoodError(ValueError):
    """A field that cannot be read; `sentence` says which one and how it is written."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(sentence.id)
        self.sentence = sentence


def read(fields: Fields, currency: str, zone: str) -> Tariff:
    """The tariff that a form describes. Raises `NotUnderstoodError`."""
    longest = fields.get("longest", "").strip()
    try:
        return msgspec.convert(
            Tariff(
                free_minutes=_whole(fields, "free"),
                step_minutes=_whole(fields, "step"),
                step_cents=_money(fields, "price"),
                cap_cents=_money(fields, "cap"),
                cap_by=CapBy(fields.get("cap_by", "")),
                currency=currency,
                exit_grace_minutes=_whole(fields, "grace"),
                lane_grace_minutes=_whole(fields, "lane_grace"),
                bands=tuple(_bands(fields)),
                packages=tuple(_packages(fields, clocks_of(zone))),
                holidays=tuple(sorted({_day(text) for text in fields.get("holidays", "").split()})),
                longest_minutes=_whole(fields, "longest") * 60 if longest else None,
                beyond_step_cents=_money(fields, "beyond") if longest else Cents(0),
                codes=tuple(_codes(fields)),
                subscriptions=tuple(_subscriptions(fields)),
                vat_basis_points=_money(fields, "vat"),
            ),
            Tariff,
            from_attributes=True,
        )
    except NotUnderstoodError:
        raise
    except ValueError as error:
        raise NotUnderstoodError(said("A number is too large, or a choice is missing.")) from error


def starts_at(fields: Fields, zone: str) -> datetime | None:
    """When it starts; None: as soon as it is published. Raises `NotUnderstoodError`."""
    text = fields.get("starts", "").strip()
    return datetime.combine(_day(text), datetime.min.time(), clocks_of(zone)).astimezone(UTC) if text else None


def written(tariff: Tariff, zone: str) -> dict[str, str]:
    """The fields that `read` makes this tariff of."""
    fields = {
        "free": str(tariff.free_minutes),
        "step": str(tariff.step_minutes),
        "price": _amount(tariff.step_cents),
        "cap": _amount(tariff.cap_cents),
        "cap_by": tariff.cap_by.value,
        "grace": str(tariff.exit_grace_minutes),
        "lane_grace": str(tariff.lane_grace_minutes),
        "longest": "" if tariff.longest_minutes is None else str(tariff.longest_minutes // 60),
        "beyond": _amount(tariff.beyond_step_cents) if tariff.longest_minutes is not None else "",
        "vat": _amount(tariff.vat_basis_points),
        "holidays": "\n".join(day.isoformat() for day in tariff.holidays),
        "codes": "\n".join(_code_written(one) for one in tariff.codes),
        "subscriptions": "\n".join(f"{one.name}: {_amount(one.month_cents)}" for one in tariff.subscriptions),
    }
    for place, band in enumerate(tariff.bands):
        fields |= {
            f"band-{place}-name": band.name,
            f"band-{place}-hours": text_of(band.hours),
            f"band-{place}-price": _amount(band.step_cents),
        }
    for place, package in enumerate(tariff.packages):
        fields |= {
            f"package-{place}-name": package.name,
            f"package-{place}-hours": text_of(package.hours),
            f"package-{place}-events": ", ".join(_events_written(package, clocks_of(zone))),
            f"package-{place}-price": _amount(package.price_cents),
            f"package-{place}-fixed": "1" if package.fixed else "",
        }
    return fields


def rows(fields: Fields, kind: str) -> int:
    """How many rows of bands or packages the editor shows."""
    filled = [place for place in range(_MOST[kind]) if fields.get(f"{kind}-{place}-name")]
    return min(_MOST[kind], max(filled, default=-1) + 1 + ROWS_FREE)


_MOST = {"band": BANDS, "package": PACKAGES}


def _whole(fields: Fields, name: str) -> int:
    text = fields.get(name, "").strip()
    if not re.fullmatch(r"\d{1,5}", text):
        raise NotUnderstoodError(said("{text} is no whole number.", text=f"«{text[:20]}»"))
    return int(text)


def _money(fields: Fields, name: str) -> Cents:
    return _cents(fields.get(name, ""))


def _cents(text: str) -> Cents:
    found = _MONEY.fullmatch(text.strip())
    if found is None:
        raise NotUnderstoodError(said("{text} is no amount: write 0.50.", text=f"«{text.strip()[:20]}»"))
    return Cents(int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0")))


def _amount(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise NotUnderstoodError(said("{text} is no day: write 2026-12-31.", text=f"«{text[:20]}»")) from error


def _hours(text: str) -> Any:
    try:
        return windows_of(text)
    except ValueError as error:
        wrong = said("{text} are no hours: write mon-fri 08:00-18:00.", text=f"«{text[:40]}»")
        raise NotUnderstoodError(wrong) from error


def _bands(fields: Fields) -> Iterator[Band]:
    for place in range(BANDS):
        name = fields.get(f"band-{place}-name", "").strip()
        if name:
            hours = _hours(fields.get(f"band-{place}-hours", ""))
            yield Band(name=name, hours=hours, step_cents=_money(fields, f"band-{place}-price"))


def _packages(fields: Fields, zone: tzinfo) -> Iterator[Package]:
    for place in range(PACKAGES):
        name = fields.get(f"package-{place}-name", "").strip()
        if name:
            yield Package(
                name=name,
                price_cents=_money(fields, f"package-{place}-price"),
                hours=_hours(fields.get(f"package-{place}-hours", "")),
                events=tuple(_events(fields.get(f"package-{place}-events", ""), zone)),
                fixed=bool(fields.get(f"package-{place}-fixed")),
            )


def _events(text: str, zone: tzinfo) -> Iterator[Event]:
    for part in filter(None, map(str.strip, text.split(","))):
        day, begins, ends = _EVENT.sub(r"\1 \2 \3", part).split()[:3] if _EVENT.fullmatch(part) else ("", "", "")
        try:
            since, until = (datetime.fromisoformat(f"{day}T{hour}") for hour in (begins, ends))
        except ValueError as error:
            wrong = said("{text} is no event: write 2026-06-13 18:00-23:00.", text=f"«{part[:40]}»")
            raise NotUnderstoodError(wrong) from error
        if until <= since:
            until += timedelta(days=1)
        yield Event(since=since.replace(tzinfo=zone).astimezone(UTC), until=until.replace(tzinfo=zone).astimezone(UTC))


def _events_written(package: Package, zone: tzinfo) -> Iterator[str]:
    for event in package.events:
        since, until = event.since.astimezone(zone), event.until.astimezone(zone)
        yield f"{since:%Y-%m-%d %H:%M}-{until:%H:%M}"


def _codes(fields: Fields) -> Iterator[Code]:
    for line in filter(None, map(str.strip, fields.get("codes", "").splitlines())):
        code, *rest = line.split()
        found = re.fullmatch(
            r"(?:(\d{1,4}) ?min|(\d{1,3}) ?%|(\d{1,5}[.,]\d\d))((?: \d{4}-\d\d-\d\d){0,2})", " ".join(rest)
        )
        if found is None:
            wrong = said("{text} is no code: write SUMMER26 10% 2026-06-01 2026-08-31.", text=f"«{line[:40]}»")
            raise NotUnderstoodError(wrong)
        first, last, *_ = [*(_day(text) for text in found[4].split()), None, None]
        yield Code(
            code=code.upper(),
            minutes=int(found[1] or 0),
            percent=int(found[2] or 0),
            cents=_cents(found[3]) if found[3] else Cents(0),
            first=first,
            last=last,
        )


def _code_written(code: Code) -> str:
    takes = f"{code.minutes}min" if code.minutes else f"{code.percent}%" if code.percent else _amount(code.cents)
    return " ".join([code.code, takes, *(day.isoformat() for day in (code.first, code.last) if day is not None)])


def _subscriptions(fields: Fields) -> Iterator[Subscription]:
    for line in filter(None, map(str.strip, fields.get("subscriptions", "").splitlines())):
        name, _, price = line.rpartition(":")
        yield Subscription(name=name.strip(), month_cents=_cents(price))
