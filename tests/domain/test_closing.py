"""Closings: days, months and years of a ledger, chained. Source: domain.md, "Seller"."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from syspark.domain.closing import (
    GENESIS,
    Book,
    Closing,
    Entry,
    Period,
    Span,
    close,
    fault,
    money,
    next_span,
    part_of,
    totals_of,
)
from syspark.domain.units import Cents, SiteId

FIRST = date(2026, 11, 29)
BOOK = Book(
    legal_entity_id="seller",
    site_id=SiteId("default"),
    organisation_id=UUID(int=1),
    zone="Europe/Paris",
    first_day=FIRST,
)
NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)


def entry(number: int, day: date = FIRST, cents: int = 250, kind: str = "sale", means: str = "stripe") -> Entry:
    return Entry(
        id=f"{number:036}",
        at=NOON,
        local_day=day,
        kind=kind,
        means=means,
        amount_cents=Cents(cents),
        vat_cents=Cents(cents // 6),
        currency="EUR",
        payment_id=None,
        session_id=None,
        author=None,
        reason=None,
        counter_of=None,
    )


def closed(entries: list[Entry], until: date) -> list[Closing]:
    """Everything that can be closed on that morning, in order."""
    made: list[Closing] = []
    while span := next_span(made[-1] if made else None, FIRST, until):
        made.append(again(made, entries, span))
    return made


def again(before: list[Closing], entries: list[Entry], span: Span) -> Closing:
    """The closing that the ledger makes of a span."""
    ordered = sorted(entries, key=lambda one: one.id)
    within = [one for one in ordered if span.first_day <= one.local_day <= span.last_day]
    parts = [
        one
        for one in before
        if one.span.period is part_of(span) and span.first_day <= one.span.last_day <= span.last_day
    ]
    last = before[-1] if before else None
    return close(BOOK, span, last, entries=within, parts=parts, made_at=NOON, made_by="system")


def first_fault(made: list[Closing], entries: list[Entry]) -> tuple[int, str] | None:
    for place, found in enumerate(made):
        before = made[:place]
        told = fault(BOOK, before[-1] if before else None, found, again(before, entries, found.span))
        if told:
            return found.seq, told
    return None


def test_each_day_is_closed_once_it_is_over_then_its_month_then_the_year() -> None:
    made = closed([], date(2027, 1, 2))
    assert [(one.span.period, one.span.last_day) for one in made[:4]] == [
        (Period.DAY, date(2026, 11, 29)),
        (Period.DAY, date(2026, 11, 30)),
        (Period.MONTH, date(2026, 11, 30)),
        (Period.DAY, date(2026, 12, 1)),
    ]
    assert [one.span for one in made[-4:]] == [
        Span(Period.DAY, date(2026, 12, 31), date(2026, 12, 31)),
        Span(Period.MONTH, date(2026, 12, 1), date(2026, 12, 31)),
        Span(Period.YEAR, date(2026, 1, 1), date(2026, 12, 31)),
        Span(Period.DAY, date(2027, 1, 1), date(2027, 1, 1)),
    ]
    assert [one.seq for one in made] == list(range(1, len(made) + 1))


def test_today_is_never_closed() -> None:
    assert next_span(None, FIRST, FIRST) is None
    assert next_span(closed([], date(2026, 11, 30))[-1], FIRST, date(2026, 11, 30)) is None


def test_a_day_stays_open_until_ten_minutes_after_the_site_s_own_midnight() -> None:
    assert BOOK.today(datetime(2026, 11, 29, 23, 9, 59, tzinfo=UTC)) == FIRST
    assert BOOK.today(datetime(2026, 11, 29, 23, 10, tzinfo=UTC)) == date(2026, 11, 30)


def test_each_closing_follows_the_one_before_it() -> None:
    made = closed([entry(1)], date(2026, 12, 3))
    assert [one.previous for one in made] == [GENESIS, *(one.digest for one in made[:-1])]


def test_what_moved_no_money_is_told_apart_and_not_in_the_running_total() -> None:
    waived = entry(2, cents=900, kind="waiver", means="none")
    refunded = entry(3, cents=-100, kind="refund")
    [day] = closed([entry(1), waived, refunded], date(2026, 11, 30))
    assert [(one.kind, one.means, one.amount_cents) for one in day.totals] == [
        ("refund", "stripe", -100),
        ("sale", "stripe", 250),
        ("waiver", "none", 900),
    ]
    assert day.running == (("EUR", 150),)


ENTRIES = st.lists(
    st.builds(
        entry,
        st.integers(0, 10**9),
        st.dates(FIRST, date(2027, 1, 20)),
        st.integers(-5000, 5000),
        st.sampled_from(("sale", "refund", "counter", "dispute", "waiver", "debt")),
        st.sampled_from(("stripe", "cash", "terminal", "none")),
    ),
    unique_by=lambda one: one.id,
    max_size=12,
)
MORNINGS = st.dates(FIRST, date(2027, 2, 2))


@given(ENTRIES, MORNINGS)
def test_the_totals_of_all_closings_are_those_of_the_ledger(entries: list[Entry], morning: date) -> None:
    made = closed(entries, morning)
    over = [one for one in entries if one.local_day < morning]
    for period in Period:
        ends = [one for one in made if one.span.period is period]
        until = max((one.span.last_day for one in ends), default=date.min)
        counted = [one for one in entries if one.local_day <= until]
        assert sum(sum(money(one.totals).values()) for one in ends) == sum(money(totals_of(counted)).values())
        assert sum(one.entries for one in ends) == len(counted)
    if made:
        assert sum(dict(made[-1].running).values()) == sum(money(totals_of(over)).values())
    assert first_fault(made, entries) is None


@given(ENTRIES, st.data())
def test_an_entry_of_a_closed_day_that_is_altered_removed_or_added_is_found(
    entries: list[Entry], data: st.DataObject
) -> None:
    made = closed(entries, date(2027, 1, 21))
    added = entry(10**10, day=data.draw(st.dates(FIRST, date(2027, 1, 20))))
    tampered = [[*entries, added]]
    if entries:
        one = data.draw(st.sampled_from(entries))
        others = [other for other in entries if other is not one]
        tampered += [others, [*others, replace(one, amount_cents=Cents(one.amount_cents + 1))]]
        tampered += [[*others, replace(one, at=one.at + timedelta(seconds=1))]]
    for ledger in tampered:
        assert first_fault(made, ledger) is not None


def test_a_closing_that_is_altered_removed_or_stands_twice_is_found() -> None:
    ledger = [entry(1)]
    made = closed(ledger, date(2026, 12, 3))
    assert first_fault([*made[:1], *made[2:]], ledger) == (3, "is missing")
    assert first_fault([made[0], made[0], *made[1:]], ledger) == (1, "stands twice")
    forged = replace(made[0], running=(("EUR", Cents(1)),))
    assert first_fault([forged, *made[1:]], ledger) == (1, "has other totals than the ledger")
    renamed = replace(made[0], made_by="somebody")
    assert first_fault([renamed, *made[1:]], ledger) == (2, "does not follow the closing before it")
