"""French and English: words from `.po` files compiled at start, and times, money and durations as each writes them."""

import functools
import io
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from datetime import date as calendar_day
from importlib import resources
from zoneinfo import ZoneInfo

from aiohttp import web
from babel.dates import format_date, get_day_names
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, format_percent
from babel.support import NullTranslations, Translations
from markupsafe import Markup, escape

from syspark.domain.access import text_of
from syspark.domain.access.window import DAYS, Window
from web import cookies
from web.sentence import LaneName, Money, PlateText, Seconds, Sentence, Word

LANGUAGES = ("fr", "en")
SPACE_BEFORE_SIGN = re.compile(r" (?=[:;!?])")
"""As French has them before double signs; English has none."""
_LANES = {"entry": "Entry", "exit": "Exit"}
_IN_A_SENTENCE = {"entry": "the entry", "exit": "the exit"}
_OPENS = {"entry": ("Open the entry", "Open the entry again"), "exit": ("Open the exit", "Open the exit again")}


class Words:
    """One language, in one time zone."""

    def __init__(self, language: str, translations: NullTranslations, zone: str = "UTC") -> None:
        self.language = language
        self.zone = ZoneInfo(zone)
        self._translations = translations

    def of(self, zone: str) -> "Words":
        """The same language in the time zone of a site."""
        return Words(self.language, self._translations, zone)

    def text(self, message: str) -> str:
        """A text of the interface."""
        return str(self._translations.gettext(message))

    def plural(self, one: str, many: str, number: int) -> str:
        """A text that depends on a number, with it filled in as `{n}`."""
        return str(self._translations.ngettext(one, many, number)).format(n=self.number(number))

    def say(self, sentence: Sentence) -> Markup:
        """A sentence with its values; these are escaped."""
        values = {name: self._value(value) for name, value in sentence.values}
        text = escape(self.text(sentence.id)).format(**values)
        # A lane has its article in some languages: as the first word its letter is a capital.
        return Markup(text[:1].upper() + text[1:] if sentence.id.startswith("{lane}") else text)  # noqa: S704 - escaped

    def lane(self, lane: str) -> str:
        """The name of a lane."""
        return self.text(_LANES[lane]) if lane in _LANES else lane

    def opens(self, lane: str, *, again: bool = False) -> str:
        """The act of opening a lane."""
        known = _OPENS.get(lane)
        if known is not None:
            return self.text(known[again])
        return self.text("Open {lane} again" if again else "Open {lane}").format(lane=lane)

    def filled(self, text: str, values: Mapping[str, object]) -> Markup:
        """A text whose places have values; these are escaped."""
        return self.say(Sentence(text, tuple(values.items())))

    def value(self, value: object) -> Markup:
        """A value as sentences show it."""
        return self._value(value)

    def moment(self, at: datetime, now: datetime) -> str:
        """A time of day to the minute, with its date when that is not today."""
        there, today = at.astimezone(self.zone), now.astimezone(self.zone)
        minute = self.minute(at)
        if there.date() == today.date():
            return minute
        return f"{format_date(there, 'd MMM' if there.year == today.year else 'd MMM y', self.language)} {minute}"

    def time(self, at: datetime) -> str:
        """A time of day; with the date when it is another day's."""
        return at.astimezone(self.zone).strftime("%H:%M:%S")

    def minute(self, at: datetime) -> str:
        """A time of day to the minute."""
        return at.astimezone(self.zone).strftime("%H:%M")

    def hour(self, since: datetime, seconds: float = 0) -> str:
        """The hour some seconds after a moment, as a chart's foot shows it: `14:00`, in French `14 h`."""
        local = (since + timedelta(seconds=seconds)).astimezone(self.zone)
        return local.strftime("%H h %M").removesuffix(" 00") if self.language == "fr" else local.strftime("%H:%M")

    def day(self, at: datetime) -> str:
        """A date, as the top of a page shows it."""
        return format_date(at.astimezone(self.zone), "EEE d MMM y", self.language)

    def weekday(self, at: datetime) -> str:
        """The day of the week, in short."""
        return format_date(at.astimezone(self.zone), "EEE", self.language)

    def date(self, at: datetime) -> str:
        """A date in a line."""
        return format_date(at.astimezone(self.zone), "d MMM y", self.language)

    def on(self, day: calendar_day) -> str:
        """A day of a site, whose own it is already."""
        return format_date(day, "EEE d MMM y", self.language)

    def hours(self, windows: Iterable[Window]) -> str:
        """Hours of the week: `every day 20:00-08:00`, `lun.-ven. 08:00-18:00`."""
        names = get_day_names("abbreviated", locale=self.language)
        text = text_of(windows).replace(f"{DAYS[0]}-{DAYS[-1]}", self.text("every day"))
        return re.sub(rf"\b({'|'.join(DAYS)})\b", lambda found: names[DAYS.index(found[1])], text)

    def written(self, at: datetime | None, *, is_end: bool = False) -> str:
        """A moment as a form takes it: the day it begins, or the last one before it ends; with a time if it has one."""
        if at is None:
            return ""
        local = at.astimezone(self.zone)
        if (local.hour, local.minute) != (0, 0):
            return local.strftime("%Y-%m-%dT%H:%M")
        return (local - timedelta(days=1) if is_end else local).strftime("%Y-%m-%d")

    def number(self, number: int) -> str:
        """A whole number."""
        return format_decimal(number, locale=self.language)

    def decimal(self, number: float) -> str:
        """A number with one decimal at most."""
        return format_decimal(number, "#,##0.#", locale=self.language)

    def share(self, share: float) -> str:
        """A share of a whole, in per cent: to three places, where it is small."""
        return format_percent(share, "#,##0.### %", locale=self.language)

    def likelihood(self, number: float) -> str:
        """A number between 0 and 1."""
        return format_decimal(number, "0.00", locale=self.language)

    def money(self, money: Money) -> str:
        """An amount."""
        return format_currency(money.cents / 100, money.currency, locale=self.language)

    def wait(self, seconds: float) -> str:
        """A waiting time, `2:41` or `1:02:41`."""
        whole = max(0, int(seconds))
        hours, rest = divmod(whole, 3600)
        return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"

    def age(self, seconds: float) -> str:
        """How long ago, in its largest unit."""
        whole = max(0, int(seconds))
        if whole < 60:
            return f"{whole} s"
        if whole < 3600:
            return f"{whole // 60} min"
        if whole < 86_400:
            return f"{whole // 3600} h {whole % 3600 // 60:02}"
        return f"{whole // 86_400} {self.text('d')}"

    def stay(self, seconds: float) -> str:
        """A stay, `6 h 41`."""
        return self.age(max(60, seconds))

    def _value(self, value: object) -> Markup:
        match value:
            case datetime():
                return escape(self.time(value))
            case Money():
                return escape(self.money(value))
            case LaneName(lane=lane):
                return escape(self.text(_IN_A_SENTENCE[lane]) if lane in _IN_A_SENTENCE else lane)
            case PlateText(text=text):
                return Markup('<span class="mono num">{}</span>').format(text)
            case Seconds(seconds=seconds):
                return escape(self.age(seconds))
            case Sentence():
                return self.say(value)
            case Word(id=message):
                return escape(self.text(message))
            case int():
                return escape(self.number(value))
            case _:
                return escape(str(value))


@functools.cache
def catalogues() -> Mapping[str, NullTranslations]:
    """The words of every language, compiled from the `.po` files of this package."""
    return {language: _compiled(language) for language in LANGUAGES}


def _compiled(language: str) -> NullTranslations:
    # English is written in the templates; its own catalogue holds only what cannot be.
    source = resources.files("web").joinpath("locales", f"{language}.po")
    with source.open("rb") as file:
        catalogue = read_po(file, locale=language, abort_invalid=True)
    for message in catalogue:
        words = message.string
        message.string = _unbroken(words) if isinstance(words, str) else tuple(map(_unbroken, words or ()))
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


def _unbroken(words: str) -> str:
    """No line ends before a double sign."""
    return SPACE_BEFORE_SIGN.sub("\N{NO-BREAK SPACE}", words)


def chosen(request: web.Request) -> Words:
    """The reader's language: what they switched to, else the first their browser asks for that we have."""
    asked = cookies.read(request, cookies.LANGUAGE)
    language = asked if asked in LANGUAGES else _accepted(request.headers.get("Accept-Language", ""))
    return words(language)


def words(language: str, zone: str = "UTC") -> Words:
    """One of our languages."""
    return Words(language, catalogues()[language], zone)


def _accepted(header: str) -> str:
    for language in _by_preference(header):
        if language in LANGUAGES:
            return language
    return "en" if header else LANGUAGES[0]


def _by_preference(header: str) -> Iterable[str]:
    asked: list[tuple[float, str]] = []
    for part in header[:200].split(","):
        name, _, weight = part.partition(";q=")
        try:
            asked.append((-float(weight or 1), name.strip().lower().split("-")[0]))
        except ValueError:
            continue
    return [name for _, name in sorted(asked, key=lambda pair: pair[0])]


def seconds_since(then: datetime, now: datetime) -> float:
    """Seconds from one moment to another, never negative."""
    return max(0.0, (now.astimezone(UTC) - then.astimezone(UTC)).total_seconds())
