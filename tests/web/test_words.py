"""Every word a page may say has its French; none is there for nothing."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import resources

from babel.messages.pofile import read_po

from syspark.domain.access import Refusal, windows_of
from syspark.domain.messages import SESSION_OVER, OpenReason
from syspark.domain.payment.payment import NotCounted
from syspark.domain.review import Review
from syspark.domain.rules import CONSEQUENCES, IN_WORDS, INPUTS
from syspark.domain.site.ledger import OF_EXIT
from syspark.domain.site.unread import NOTHING_READ
from syspark.domain.tariff.lint import Finding
from syspark.domain.tariff.problem import Problem
from web import asking, language
from web.reading import charge, closed, feed, reviews, stays
from web.reading.grounds import GROUNDS
from web.rendering import DEVICES
from web.sentence import LaneName, Money, said, word

PLANS = {"visitor", "subscriber", "staff", "emergency"}
DISPLAYS = {"information", "payment", "fault", "prompt", "emergency"}


def sources(kind: str) -> Iterator[str]:
    """The texts of this package's files of a kind."""
    folders = [resources.files("web")]
    while folders:
        for file in folders.pop().iterdir():
            if file.is_dir() and not file.name.startswith("__"):
                folders.append(file)
            elif file.name.endswith(kind):
                yield file.read_text(encoding="utf-8")


def used() -> set[str]:
    """Every message that templates and sentences hold."""
    found = {"d", *feed.REASONS.values(), *PLANS, *DISPLAYS, *(f"device {kind}" for kind in DEVICES)}
    found |= {text for _, _, text in feed._TOLD.values()} | set(feed._BAD_FATES.values())
    found |= {sentence.id for reason in closed.BECAUSE.values() for sentence in (reason.why, reason.act) if sentence}
    found |= set(language._LANES.values()) | {sentence.id for sentence in asking.REFUSALS.values()}
    found |= {*language._IN_A_SENTENCE.values(), *(text for texts in language._OPENS.values() for text in texts)}
    found |= {"Open {lane}", "Open {lane} again", *asking.WHYS, *GROUNDS.values()}
    found |= {one.value for one in (*Problem, *Finding)} | {"bands", "packages", "codes", "holidays", "subscriptions"}
    found |= {"every day"}
    for text in sources(".html"):
        found |= set(re.findall(r"(?<![\w.])_\('([^']*)'\)", text))
        found |= set(re.findall(r"w\.plural\('([^']*)'", text))
    for text in sources(".py"):
        found |= set(re.findall(r'\b(?:said|Word)\(\s*"([^"]*)"', text))
    return found


RULES = {*IN_WORDS.values(), *INPUTS.values(), *CONSEQUENCES.values()}
"""Of what rules say that nobody has put into French yet, the story of a session shows the English."""


def french() -> dict[str, object]:
    """The French catalogue."""
    with resources.files("web").joinpath("locales", "fr.po").open("rb") as file:
        catalogue = read_po(file, locale="fr", abort_invalid=True)
    return {
        (message.id if isinstance(message.id, str) else message.id[0]): message.string
        for message in catalogue
        if message.id
    }


def test_french_has_every_word_and_no_other() -> None:
    catalogue = french()
    assert used() - set(catalogue) == set()
    assert set(catalogue) - used() - RULES == set()
    assert [word for word, translated in catalogue.items() if not translated] == []


def test_every_reason_of_the_domain_has_its_word() -> None:
    assert list(feed.REASONS) == list(OpenReason)
    assert set(reviews.REVIEWS) == set(Review)
    assert set(charge.SENT_BACK) == set(NotCounted)
    assert set(stays.CLOSED) == set(stays.ENDS) >= set(OF_EXIT) - {SESSION_OVER}
    assert set(closed.BECAUSE) >= {*Refusal, NOTHING_READ, *closed.FATES}


def test_french_keeps_the_places_of_values() -> None:
    for message, translated in french().items():
        for text in translated if isinstance(translated, tuple) else (translated,):
            assert set(re.findall(r"{\w+}", str(text))) == set(re.findall(r"{\w+}", message)), message


def test_values_are_written_as_each_language_writes_them() -> None:
    sentence = said("{lane} asks {who} to pay", lane=LaneName("exit"), who=word("a plate"))
    assert str(language.words("fr").say(sentence)) == "La sortie demande à une plaque de payer"
    assert language.words("fr").money(Money(1250, "EUR")) == "12,50\xa0€"
    assert language.words("en").money(Money(1250, "EUR")) == "€12.50"
    assert language.words("en").wait(161) == "2:41"
    assert language.words("en").age(24_060) == "6 h 41"


def test_hours_of_the_week_are_written_as_each_language_writes_them() -> None:
    assert language.words("fr").hours(windows_of("mon-fri 08:00-18:00")) == "lun.-ven. 08:00-18:00"
    assert language.words("en").hours(windows_of("mon-sun 20:00-08:00")) == "every day 20:00-08:00"


def test_hours_of_a_chart_are_written_as_each_language_writes_them() -> None:
    since = datetime(2026, 6, 15, 14, tzinfo=UTC)
    assert [language.words("fr").hour(since, late) for late in (0, 1800)] == ["14 h", "14 h 30"]
    assert [language.words("en").hour(since, late) for late in (0, 1800)] == ["14:00", "14:30"]


def test_values_cannot_bring_markup() -> None:
    sentence = said("{who} has come in", who="<b>{lane}</b>")
    assert str(language.words("en").say(sentence)) == "&lt;b&gt;{lane}&lt;/b&gt; has come in"


def test_the_first_language_a_browser_asks_for_that_we_have_is_spoken() -> None:
    assert language._accepted("de-DE,de;q=0.9,en;q=0.4,fr;q=0.6") == "fr"
    assert language._accepted("de") == "en"
    assert language._accepted("") == "fr"
    assert language._accepted("fr;q=x,en;q=0.1") == "en"
