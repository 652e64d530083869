"""A company's numbers are checked by their keys."""

import pytest

from syspark.domain.seller import read_siren, read_vat_number


@pytest.mark.parametrize("text", ["552100554", "552 100 554", "552.100.554"])
def test_a_siren_is_read_however_it_is_spaced(text: str) -> None:
    # From the right, every second digit doubled, digits summed: 4+1+5+0+0+2+2+1+5 = 20, a multiple of ten.
    assert read_siren(text) == "552100554"


@pytest.mark.parametrize("text", ["", "55210055", "552100555", "552100545", "55210055A", "\u0665\u0665\u0662100554"])
def test_a_siren_with_a_wrong_digit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="digit"):
        read_siren(text)


@pytest.mark.parametrize("text", ["FR96552100554", "fr 96 552 100 554", "FRK7552100554", "DE123456789"])
def test_a_vat_number_is_read(text: str) -> None:
    # 552100554 leaves 28 when divided by 97, and 12 + 3 x 28 is 96.
    assert read_vat_number(text) == text.replace(" ", "").upper()


@pytest.mark.parametrize("text", ["", "FR95552100554", "FR96552100555", "FR552100554", "12345", "FRO2552100554", "DE"])
def test_a_vat_number_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each says something else
        read_vat_number(text)
