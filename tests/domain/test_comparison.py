"""The ledger beside the provider's list: what one has and the other has not is a difference, and nothing else."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from syspark.domain.comparison import Booked, Happened, Told, compared, told_by
from syspark.domain.payment.entry import EntryKind, entry_id
from syspark.domain.payment.messages import DisputeTold, PaymentFailed, PaymentTold, ProviderTold, RefundTold
from syspark.domain.payment.payment import DisputeStatus, Means, RefundStatus
from syspark.domain.units import Cents, OfferId, SessionId

DAY = date(2026, 11, 22)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SESSION = SessionId("01a20629-88f2-75ee-ae19-7fa481c26e31")


def paid(ref: str, cents: int = 1250) -> PaymentTold:
    return PaymentTold(
        offer_id=OfferId("o"),
        checkout_ref=f"cs_{ref}",
        payment_ref=ref,
        amount_cents=Cents(cents),
        currency="EUR",
        means=Means.STRIPE,
        paid_at=NOON,
    )


def refunded(ref: str, cents: int = 450, status: RefundStatus = RefundStatus.SUCCEEDED) -> RefundTold:
    return RefundTold(
        payment_ref="pi_1",
        refund_ref=ref,
        amount_cents=Cents(cents),
        currency="EUR",
        means=Means.STRIPE,
        status=status,
    )


def disputed(status: DisputeStatus) -> DisputeTold:
    return DisputeTold(
        payment_ref="pi_1",
        dispute_ref="dp_1",
        amount_cents=Cents(1250),
        currency="EUR",
        means=Means.STRIPE,
        status=status,
    )


def told(message: ProviderTold, day: date = DAY) -> Told:
    found = told_by(SESSION, message, day)
    assert found is not None
    return found


def booked(kind: EntryKind, ref: str, cents: int, day: date = DAY, payment_ref: str = "pi_1") -> Booked:
    return Booked(
        id=entry_id(SESSION, kind, ref),
        kind=kind,
        payment_ref=payment_ref,
        session_id=SESSION,
        amount_cents=Cents(cents),
        currency="EUR",
        day=day,
    )


@pytest.mark.parametrize(
    ("message", "kind", "ref", "cents"),
    [
        (paid("pi_1"), EntryKind.SALE, "pi_1", 1250),
        (paid("pi_1"), EntryKind.SETTLED_DEBT, "pi_1", 1250),
        (refunded("re_1"), EntryKind.REFUND, "re_1", -450),
        (disputed(DisputeStatus.OPEN), EntryKind.DISPUTE, "dp_1", -1250),
        (disputed(DisputeStatus.LOST), EntryKind.DISPUTE, "dp_1", -1250),
    ],
)
def test_what_is_told_and_booked_is_explained_also_a_day_later(
    message: ProviderTold, kind: EntryKind, ref: str, cents: int
) -> None:
    others = [] if isinstance(message, PaymentTold) else [told(paid("pi_1"))]
    for day in (DAY, DAY + timedelta(days=1)):
        entry = booked(kind, ref, cents, day)
        assert compared([*others, told(message)], [entry, *map(entry_of, others)], DAY).unexplained == 0


def entry_of(one: Told) -> Booked:
    """The entry that books a payment."""
    return booked(EntryKind.SALE, one.payment_ref, one.amount_cents)


@pytest.mark.parametrize(
    "message",
    [
        refunded("re_1", status=RefundStatus.PENDING),
        refunded("re_1", status=RefundStatus.FAILED),
        disputed(DisputeStatus.INQUIRY),
        disputed(DisputeStatus.WON),
        PaymentFailed(offer_id=OfferId("o"), why="declined"),
    ],
)
def test_what_moved_no_money_is_not_looked_for(message: ProviderTold) -> None:
    assert told_by(SESSION, message, DAY) is None


def test_a_payment_that_is_not_booked_is_a_difference() -> None:
    [one] = compared([told(paid("pi_1"))], [], DAY).differences
    assert (one.payment_ref, one.happened, one.provider_cents, one.ledger_cents) == ("pi_1", Happened.PAID, 1250, 0)


def test_another_amount_is_a_difference() -> None:
    found = compared([told(paid("pi_1"))], [booked(EntryKind.SALE, "pi_1", 1200)], DAY)
    assert [(one.provider_cents, one.ledger_cents) for one in found.differences] == [(1250, 1200)]


def test_a_sale_the_provider_knows_nothing_of_is_a_difference() -> None:
    [one] = compared([], [booked(EntryKind.SALE, "pi_1", 1250)], DAY).differences
    assert (one.provider_cents, one.ledger_cents) == (0, 1250)


def test_totals_that_agree_by_chance_explain_nothing() -> None:
    found = compared([told(paid("pi_2"))], [booked(EntryKind.SALE, "pi_1", 1250)], DAY)
    assert found.provider == found.ledger == (("EUR", 1250),)
    assert found.unexplained == 2


def test_a_moved_payment_stays_the_provider_s_one_payment() -> None:
    moved = [
        booked(EntryKind.SALE, "pi_1", 1250),
        replace(booked(EntryKind.COUNTER, "pi_1", -1250), id="counter"),
        replace(booked(EntryKind.SALE, "pi_1", 1250), id="of the other session"),
    ]
    assert compared([told(paid("pi_1"))], moved, DAY).unexplained == 0


@given(st.lists(st.integers(1, 9), unique=True), st.lists(st.integers(1, 9), unique=True))
def test_exactly_what_one_side_lacks_is_named(at_provider: list[int], in_ledger: list[int]) -> None:
    said = [told(paid(f"pi_{number}", number)) for number in at_provider]
    entries = [booked(EntryKind.SALE, f"pi_{number}", number, payment_ref=f"pi_{number}") for number in in_ledger]
    found = compared(said, entries, DAY)
    assert {one.payment_ref for one in found.differences} == {f"pi_{n}" for n in set(at_provider) ^ set(in_ledger)}
    assert sum(cents for _, cents in found.provider) == sum(at_provider)
