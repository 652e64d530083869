"""Tables for spreadsheets: what a driver or an operator typed is text there, never a formula."""

import csv
import io

import pytest

from syspark.sheet import decimal, sheet


@pytest.mark.parametrize("text", ["=1+1", "+33 1 23", "-A1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("x")'])
def test_a_text_that_a_spreadsheet_would_run_is_shown_as_text(text: str) -> None:
    [_, [cell]] = csv.reader(io.StringIO(sheet(["reason"], [[text]]), newline=""))
    assert cell == f"'{text}"


def test_numbers_stay_numbers_also_below_zero() -> None:
    [_, row] = csv.reader(io.StringIO(sheet(["a", "b", "c"], [[decimal(-5), 3, None]])))
    assert row == ["-0.05", "3", ""]


@pytest.mark.parametrize(("cents", "text"), [(0, "0.00"), (5, "0.05"), (-1250, "-12.50"), (100_000_001, "1000000.01")])
def test_an_amount_has_two_decimals(cents: int, text: str) -> None:
    assert decimal(cents) == text


def test_quotes_and_line_ends_stay_in_their_cell() -> None:
    rows = list(csv.reader(io.StringIO(sheet(["a"], [['say "so",\nplease']]), newline="")))
    assert rows == [["a"], ['say "so",\nplease']]
