"""What the service may rely on, whichever provider it asks."""

from datetime import UTC, datetime, timedelta

import pytest

from syspark.domain.payment.messages import CheckoutEnded, DisputeTold, PaymentFailed, PaymentTold, RefundTold
from syspark.domain.payment.payment import DisputeStatus, Means, RefundStatus
from syspark.domain.units import Cents
from syspark.payment_ports import CheckoutState, PaymentRefused, ProviderWord
from tests.gateways.payments.benches import ORGANISATION, SESSION, Bench, wanted

ALL = datetime(2026, 1, 1, tzinfo=UTC)


async def listed(bench: Bench, since: datetime = ALL) -> list[ProviderWord]:
    """Everything the provider lists."""
    return [word async for word in bench.provider.told_since(since)]


async def test_a_page_is_opened_for_each_offer(bench: Bench) -> None:
    first = await bench.provider.open_checkout(wanted(1))
    other = await bench.provider.open_checkout(wanted(2))
    assert other.ref != first.ref
    assert first.url.startswith("http")
    assert first.expires_at > datetime.now(UTC) + timedelta(minutes=10)


async def test_asked_again_in_the_same_words_the_same_page_is_given(bench: Bench) -> None:
    asked = wanted(1)
    assert await bench.provider.open_checkout(asked) == await bench.provider.open_checkout(asked)


async def test_asked_in_another_language_or_to_come_back_elsewhere_the_same_page_is_given(bench: Bench) -> None:
    first = await bench.provider.open_checkout(wanted(1))
    again = wanted(1, language="en", label="Parking", success_url="https://parking.example.org/pay/s/proven")
    assert (await bench.provider.open_checkout(again)).ref == first.ref


async def test_an_offer_has_one_amount(bench: Bench) -> None:
    await bench.provider.open_checkout(wanted(1))
    with pytest.raises(PaymentRefused):
        await bench.provider.open_checkout(wanted(1, cents=999))


async def test_an_amount_below_what_a_card_can_pay_is_refused(bench: Bench) -> None:
    with pytest.raises(PaymentRefused):
        await bench.provider.open_checkout(wanted(1, cents=49))


async def test_a_payment_is_told_by_webhook_and_by_listing_in_the_same_words(bench: Bench) -> None:
    page = await bench.provider.open_checkout(wanted(1))
    assert await listed(bench) == []
    await bench.pay(page.ref)
    [sent], [shown] = await bench.told(1), await listed(bench)
    assert isinstance(sent, ProviderWord)
    assert (sent.organisation_id, sent.site_id, sent.session_id) == (ORGANISATION, "default", SESSION)
    assert isinstance(sent.message, PaymentTold)
    assert isinstance(shown.message, PaymentTold)
    assert sent.message.offer_id == wanted(1).offer_id
    assert sent.message.checkout_ref == page.ref
    assert (sent.message.amount_cents, sent.message.currency, sent.message.means) == (1250, "EUR", Means.SANDBOX)
    assert abs(sent.message.paid_at - shown.message.paid_at) <= timedelta(seconds=1)
    assert sent.message.payment_ref == shown.message.payment_ref
    assert sent.event_id != shown.event_id
    assert [word.event_id for word in await listed(bench)] == [shown.event_id], "the same listing is the same row"


async def test_what_was_made_before_is_not_listed(bench: Bench) -> None:
    page = await bench.provider.open_checkout(wanted(1))
    await bench.pay(page.ref)
    assert await listed(bench, datetime.now(UTC) + timedelta(minutes=1)) == []


async def test_a_page_that_is_ended_takes_no_money_and_says_so(bench: Bench) -> None:
    page = await bench.provider.open_checkout(wanted(1))
    assert await bench.provider.expire_checkout(page.ref) is CheckoutState.EXPIRED
    await bench.pay(page.ref)
    [sent] = await bench.told(1)
    assert isinstance(sent.message, CheckoutEnded)
    [shown] = await listed(bench)
    assert shown.message == sent.message
    assert await bench.provider.expire_checkout(page.ref) is CheckoutState.EXPIRED


async def test_a_page_that_was_paid_first_cannot_be_ended(bench: Bench) -> None:
    page = await bench.provider.open_checkout(wanted(1))
    await bench.pay(page.ref)
    assert await bench.provider.expire_checkout(page.ref) is CheckoutState.COMPLETE


async def test_an_unknown_page_cannot_be_ended(bench: Bench) -> None:
    with pytest.raises(PaymentRefused):
        await bench.provider.expire_checkout("cs_test_000000000000000000000000")


async def test_a_refused_card_ends_nothing(bench: Bench) -> None:
    page = await bench.provider.open_checkout(wanted(1))
    await bench.decline(page.ref)
    [failed] = await bench.told(1)
    assert isinstance(failed.message, PaymentFailed)
    await bench.pay(page.ref)
    assert isinstance((await bench.told(2))[1].message, PaymentTold)


async def paid(bench: Bench) -> tuple[str, str]:
    """A page that was paid, and its payment."""
    page = await bench.provider.open_checkout(wanted(1))
    await bench.pay(page.ref)
    [word] = await bench.told(1)
    assert isinstance(word.message, PaymentTold)
    return page.ref, word.message.payment_ref


async def test_money_goes_back_once_for_each_key(bench: Bench) -> None:
    _, payment_ref = await paid(bench)
    first = await bench.provider.refund(payment_ref, Cents(1000), "EUR", "key-1", {})
    again = await bench.provider.refund(payment_ref, Cents(1000), "EUR", "key-1", {})
    assert first == again
    assert (first.amount_cents, first.status) == (1000, RefundStatus.SUCCEEDED)
    [_, word] = await bench.told(2)
    expected = RefundTold(
        payment_ref=payment_ref,
        refund_ref=first.ref,
        amount_cents=Cents(1000),
        currency="EUR",
        means=Means.SANDBOX,
        status=RefundStatus.SUCCEEDED,
    )
    assert word.message == expected
    assert [told.message for told in await listed(bench)][1:] == [expected], "and listed after its payment"


async def test_more_than_was_paid_never_goes_back(bench: Bench) -> None:
    _, payment_ref = await paid(bench)
    await bench.provider.refund(payment_ref, Cents(1000), "EUR", "key-1", {})
    with pytest.raises(PaymentRefused):
        await bench.provider.refund(payment_ref, Cents(251), "EUR", "key-2", {})
    with pytest.raises(PaymentRefused):
        await bench.provider.refund("pi_unknown", Cents(1), "EUR", "key-3", {})


async def test_a_refund_made_at_the_providers_desk_is_told_by_its_payment(bench: Bench) -> None:
    ref, payment_ref = await paid(bench)
    await bench.give_back(ref)
    [_, word] = await bench.told(2)
    assert isinstance(word.message, RefundTold)
    assert (word.message.payment_ref, word.message.amount_cents) == (payment_ref, 1250)
    [_, shown] = await listed(bench)
    assert shown.session_id == SESSION
    assert shown.message == word.message


async def test_a_dispute_is_told_by_its_payment_which_cannot_be_given_back_then(bench: Bench) -> None:
    ref, payment_ref = await paid(bench)
    await bench.contest(ref)
    [_, word] = await bench.told(2)
    assert isinstance(word.message, DisputeTold)
    assert (word.message.payment_ref, word.message.status) == (payment_ref, DisputeStatus.OPEN)
    [_, shown] = await listed(bench)
    assert (shown.session_id, shown.message) == (SESSION, word.message)
    with pytest.raises(PaymentRefused):
        await bench.provider.refund(payment_ref, Cents(1250), "EUR", "key-1", {})


async def test_it_answers_a_probe(bench: Bench) -> None:
    await bench.provider.probe()
    assert not bench.provider.live
