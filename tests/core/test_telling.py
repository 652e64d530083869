"""What is kept of an alarm is told in words, in either language."""

from string import Formatter

import pytest

from syspark.contract.reasons import Reason
from syspark.domain.alarm_details import FORMS, LEDGER
from syspark.domain.alarm_kind import AlarmKind
from syspark.domain.comparison import Happened
from syspark.domain.payment.payment import NotCounted
from syspark.domain.policy import Language
from syspark.telling import detail_of


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
