"""What is kept of an alarm is told in words, in either language."""

from datetime import UTC, datetime
from string import Formatter

import pytest

from syspark.contract.reasons import Reason
from syspark.domain.alarm_book import Alarm, News
from syspark.domain.alarm_details import FORMS, LEDGER
from syspark.domain.alarm_kind import AlarmKind, Severity
from syspark.domain.comparison import Happened
from syspark.domain.notice import Notice
from syspark.domain.payment.payment import NotCounted
from syspark.domain.policy import Language
from syspark.telling import detail_of, session_of, written


@pytest.mark.parametrize("language", Language)
def test_what_is_written_by_a_form_is_read_with_all_it_says(language: Language) -> None:
    for kind, forms in FORMS.items():
        for form in forms:
            places = [name for _, name, _, _ in Formatter().parse(form.kept) if name is not None]
            values = {name: str(100 + number) for number, name in enumerate(places)}
            words = detail_of(kind, form.written(**values), language)
            assert words == (form.french if language is Language.FRENCH else form.english).format(**values)
            assert all(value in words for value in values.values())


def test_whatever_moved_money_and_every_reason_has_words_in_both_languages() -> None:
    kept = [(AlarmKind.PAYMENT_MISMATCH, LEDGER[happened].written()) for happened in Happened]
    kept += [(AlarmKind.PAYMENT_MISMATCH, reason) for reason in NotCounted]
    kept += [(AlarmKind.REJECTED_BURST, reason) for reason in Reason]
    for kind, detail in kept:
        french, english = (detail_of(kind, detail, language) for language in Language)
        assert len({detail, french, english}) == 3


def test_a_device_s_own_text_is_told_as_it_is() -> None:
    assert detail_of(AlarmKind.DEVICE_FAULT, "second-payment", Language.FRENCH) == "second-payment"


def test_a_session_is_followed_by_a_link_and_not_by_its_name() -> None:
    name = "01a4f0c2-0000-7000-8000-00000000002a"
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    alarm = Alarm(
        id="1", kind=AlarmKind.REFUND_FAILED, severity=Severity.CRITICAL, about=name, raised_at=noon, last_at=noon
    )
    told = Notice(news=News.RAISED, alarm=alarm, place="Lyon", language=Language.ENGLISH)
    assert session_of(name) == name
    assert session_of("vision") is None
    assert name not in written(told, "https://p.example")
