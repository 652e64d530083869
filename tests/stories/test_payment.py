"""Paying, as the driver, the site and the books see it. Source: domain.md, "Exit and payment" and "Timed release"."""

import pytest
from msgspec.structs import replace

from actors.testing import badge
from syspark.domain.corrections import Ground, MergeSessions, VoidSession
from syspark.domain.messages import OpenLane, OpenReason
from syspark.domain.payment.messages import (
    MovePayment,
    PayLater,
    PaymentTold,
    RecordOnSite,
    RefundPayment,
    Waive,
)
from syspark.domain.payment.payment import DisputeStatus, Means
from syspark.domain.session import Status
from syspark.domain.units import Cents, Lane, OfferId
from syspark.rows import Address
from tests.stories.drivers import DEAR, Drivers
from tests.stories.test_corrections import asked, version_of

ALICE, BOB = badge("CAFE0001", "visitor"), badge("BEEF0002", "visitor")
SITE = Address("site", "default")
SENSOR = "parking/sensor_gate/present"


async def test_who_pays_at_the_exit_is_let_out_at_once() -> None:
    async with Drivers(ALICE) as drivers:
        session_id = await drivers.parked(ALICE.uid)
        await drivers.at_exit(ALICE.uid)
        assert (drivers.park.opened, drivers.park.asked) == ([], [250])

        await drivers.pays(session_id)

        assert drivers.park.opened == ["exit"]
        assert len(drivers.park.payloads("parking/payment/success")) == 1
        [sale] = drivers.booked()
        assert (sale.kind, sale.means, sale.amount_cents, sale.vat_cents) == ("sale", "sandbox", 250, 42)
        [payment] = drivers.park.stores.payments()
        assert (payment.state, payment.receipt_number) == ("paid", 1)


async def test_a_webhook_that_comes_five_times_is_one_payment_and_one_exit() -> None:
    async with Drivers(ALICE) as drivers:
        session_id = await drivers.parked(ALICE.uid)
        await drivers.at_exit(ALICE.uid)
        await drivers.provider.pay(await drivers.checkout(session_id))
        await drivers.webhooks(times=5)

        assert drivers.park.opened == ["exit"]
        assert len(drivers.park.payloads("parking/payment/success")) == 1
        assert drivers.ledger() == [("sale", 250)]


async def test_who_pays_before_walking_to_the_car_leaves_at_the_next_read() -> None:
    async with Drivers(ALICE) as drivers:
        session_id = await drivers.parked(ALICE.uid)
        await drivers.pays(session_id)
        assert (drivers.park.opened, (await drivers.park.session(session_id)).status) == ([], Status.PAID)

        await drivers.park.pass_time(90)
        await drivers.at_exit(ALICE.uid)

        assert (drivers.park.opened, drivers.park.asked) == (["exit"], [])


async def test_who_stays_beyond_the_grace_owes_the_difference_only() -> None:
    async with Drivers(ALICE) as drivers:
        session_id = await drivers.parked(ALICE.uid)
        await drivers.pays(session_id)
        await drivers.park.pass_time(3 * 60)
        await drivers.at_exit(ALICE.uid)
        assert (drivers.park.opened, drivers.park.asked) == ([], [150])

        await drivers.pays(session_id)

        assert drivers.park.opened == ["exit"]
        assert drivers.ledger() == [("sale", 250), ("sale", 150)]


async def test_nobody_leaves_on_the_payment_of_another() -> None:
    async with Drivers(ALICE, BOB) as drivers:
        alice = await drivers.parked(ALICE.uid, 1)
        await drivers.parked(BOB.uid)
        await drivers.at_exit(BOB.uid)
        assert drivers.park.asked == [250]

        await drivers.pays(alice)

        assert drivers.park.opened == [], "Bob stands there, and has not paid"
        await drivers.park.pass_time(60)
        await drivers.at_exit(ALICE.uid)
        assert drivers.park.opened == ["exit"], "Alice has"


async def test_what_a_driver_is_told_to_pay_is_what_they_pay_however_long_they_stand_there() -> None:
    async with Drivers(ALICE) as drivers:
        session_id = await drivers.parked(ALICE.uid, 3.9)
        await drivers.at_exit(ALICE.uid)
        await drivers.park.pass_time(100)

        await drivers.pays(session_id)

        assert drivers.ledger() == [("sale", 200)]
        assert drivers.park.opened == ["exit"]


async def test_an_offer_that_is_over_can_be_paid_no_more() -> None:
    async with Drivers(ALICE) as drivers:
        session_id = await drivers.parked(ALICE.uid)
        ref = await drivers.checkout(session_id)
        await drivers.park.pass_time(10 * 60 + 5)
        await drivers.provider.pay(ref)
        await drivers.webhooks()

        assert (drivers.states(), drivers.ledger()) == (["expired"], [])
        assert (await drivers.park.session(session_id)).status is Status.ACTIVE


async def test_an_offer_that_was_paid_just_before_it_was_ended_counts() -> None:
    async with Drivers(ALICE) as drivers:
        session_id = await drivers.parked(ALICE.uid)
        ref = await drivers.checkout(session_id)
        await drivers.park.pass_time(10 * 60 - 1)
        await drivers.provider.pay(ref)
        drivers.lose_webhooks()
        await drivers.park.pass_time(90)

        assert (drivers.states(), drivers.ledger()) == (["paid"], [("sale", 250)])
        assert (await drivers.park.session(session_id)).status is Status.PAID


async def test_of_two_tabs_that_were_both_paid_one_counts_and_the_other_goes_back() -> None:
    async with Drivers(ALICE) as drivers:
        session_id = await drivers.parked(ALICE.uid)
        first = await drivers.checkout(session_id)
        await drivers.provider.pay(first)
        second = await drivers.checkout(session_id)
        await drivers.provider.pay(second)
        await drivers.webhooks()
        await drivers.park.pass_time(5)
        await drivers.webhooks()

        assert sorted(drivers.states()) == ["paid", "refunded"]
        assert drivers.ledger() == [("sale", 250), ("sale", 250), ("refund", -250)]
        assert drivers.told() == ["paid twice: the second is sent back"]


async def test_another_amount_than_was_offered_pays_for_nothing_and_goes_back() -> None:
    async with Drivers(ALICE) as drivers:
        session_id = await drivers.parked(ALICE.uid)
        await drivers.at_exit(ALICE.uid)
        ref = await drivers.checkout(session_id)
        wrong = PaymentTold(
            offer_id=OfferId(ref.removeprefix("cs_")),
            checkout_ref=ref,
            payment_ref="pi_wrong",
            amount_cents=Cents(1),
            currency="EUR",
            means=Means.SANDBOX,
            paid_at=drivers.park.clock.now(),
        )
        await drivers.tell(session_id, wrong)

        assert drivers.park.opened == []
        assert (await drivers.park.session(session_id)).status is Status.PENDING_PAYMENT
        [(order, _)] = [one for one in drivers.park.stores.provider_orders() if one[0].id.startswith("refund:")]
        assert b'"amount_cents":1' in order.body
        assert drivers.told() == ["not the amount that was asked for"]


async def test_money_for_a_session_that_is_over_is_booked_alarmed_and_goes_back() -> None:
    async with Drivers(ALICE) as drivers:
        session_id = await drivers.parked(ALICE.uid)
        ref = await drivers.checkout(session_id)
        row = Address("session", session_id)
        stored = await drivers.park.stores.stores.state.session(session_id)
        assert stored is not None
        await drivers.park.request(row, VoidSession(version=stored.version, reason=Ground.TRIAL, author="ines"))
        await drivers.park.pass_time(1)
        await drivers.provider.pay(ref)
        await drivers.webhooks()
        await drivers.park.pass_time(5)
        await drivers.webhooks()

        assert (drivers.states(), drivers.ledger()) == (["refunded"], [("sale", 250), ("refund", -250)])
        assert "paid for a session that never happened: sent back" in drivers.told()


async def test_a_session_that_was_paid_is_void_only_once_its_money_went_back() -> None:
    async with Drivers(ALICE) as drivers:
        session_id = await drivers.parked(ALICE.uid)
        await drivers.pays(session_id)
        row = Address("session", session_id)

        async def void() -> Status:
            stored = await drivers.park.stores.stores.state.session(session_id)
            assert stored is not None
            await drivers.park.request(row, VoidSession(version=stored.version, reason=Ground.TRIAL, author="ines"))
            await drivers.park.pass_time(1)
            return (await drivers.park.session(session_id)).status

        assert await void() is Status.PAID
        [paid] = (await drivers.park.session(session_id)).money.payments
        assert paid.payment_ref is not None
        back = RefundPayment(payment_ref=paid.payment_ref, amount_cents=Cents(250), reason="trial", author="ines")
        await drivers.park.request(row, back)
        await drivers.park.pass_time(1)
        assert await void() is Status.VOID


async def test_who_left_unpaid_settles_the_debt_later() -> None:
    async with Drivers(ALICE) as drivers:
        session_id = await drivers.parked(ALICE.uid)
        await drivers.at_exit(ALICE.uid)
        opened = OpenLane(lane=Lane.EXIT, reason=OpenReason.CANNOT_PAY, author="ines")
        await drivers.park.request(SITE, opened)
        await drivers.park.pass_time(120)
        assert drivers.ledger() == [("debt", 250)]

        await drivers.pays(session_id)

        assert drivers.ledger() == [("debt", 250), ("settled-debt", 250)]
        assert (await drivers.park.session(session_id)).unpaid is None
        assert drivers.park.opened == ["exit"], "and nothing more opens"


async def test_a_webhook_that_never_came_is_found_within_two_minutes_and_people_are_told() -> None:
    async with Drivers(ALICE) as drivers:
        session_id = await drivers.parked(ALICE.uid)
        await drivers.at_exit(ALICE.uid)
        await drivers.provider.pay(await drivers.checkout(session_id))
        drivers.lose_webhooks()

        await drivers.park.pass_time(60)

        assert drivers.park.opened == ["exit"]
        assert drivers.ledger() == [("sale", 250)]
        assert drivers.alarms().count("webhook-silent") == 1


async def test_where_nobody_can_pay_for_two_minutes_the_exit_opens_and_the_debt_is_recorded() -> None:
    async with Drivers(ALICE) as drivers:
        session_id = await drivers.parked(ALICE.uid)
        await drivers.at_exit(ALICE.uid)
        drivers.provider.go_away()
        await drivers.park.pass_time(100)
        assert drivers.park.opened == []
        await drivers.park.pass_time(80)

        assert drivers.park.opened == ["exit"]
        assert drivers.ledger() == [("debt", 250)]
        assert (await drivers.park.session(session_id)).closed_as == "left_unpaid"
        assert "payments-down" in drivers.alarms()
        drivers.provider.come_back()
        await drivers.park.pass_time(40)
        assert [one.cleared_at for one in drivers.park.alarms() if one.kind == "payments-down"] != [None]


async def test_who_leaves_unpaid_once_more_is_looked_at() -> None:
    async with Drivers(ALICE) as drivers:
        sessions = []
        for _ in range(2):
            sessions.append(await drivers.parked(ALICE.uid))
            drivers.provider.go_away()
            await drivers.at_exit(ALICE.uid)
            await drivers.park.pass_time(200)
            drivers.provider.come_back()
            await drivers.park.pass_time(301)  # before, their badge is read at the exit once more

        reviews = [(await drivers.park.session(one)).review for one in sessions]
        assert reviews == [(), ("owes_again",)]


async def test_where_much_is_due_a_person_is_called_first_and_it_opens_anyway() -> None:
    async with Drivers(ALICE, tariff=DEAR) as drivers:
        await drivers.parked(ALICE.uid)
        drivers.provider.go_away()
        await drivers.park.pass_time(60)
        await drivers.at_exit(ALICE.uid)
        assert drivers.park.asked == [10_000]
        await drivers.park.pass_time(120)
        assert (drivers.park.opened, "help-asked" in drivers.alarms()) == ([], True)
        await drivers.park.pass_time(6 * 60)

        assert drivers.park.opened == ["exit"]
        assert drivers.ledger() == [("debt", 10_000)]


async def test_a_payment_for_the_wrong_session_is_moved_by_a_counter_entry() -> None:
    async with Drivers(ALICE, BOB) as drivers:
        alice = await drivers.parked(ALICE.uid, 1)
        bob = await drivers.parked(BOB.uid)
        ref = await drivers.pays(alice)
        payment_ref = ref.replace("cs_", "pi_")
        moved = MovePayment(payment_ref=payment_ref, to=bob, reason="typed the wrong plate", author="ines")
        await drivers.park.request(Address("session", alice), moved)
        await drivers.park.pass_time(1)

        assert drivers.ledger() == [("sale", 300), ("counter", -300), ("sale", 300)]
        assert (await drivers.park.session(alice)).status is Status.ACTIVE
        assert (await drivers.park.session(bob)).paid_cents == 300
        await drivers.at_exit(ALICE.uid)
        assert drivers.park.asked == [300], "hers is due again"


async def test_what_was_paid_for_a_part_of_a_visit_counts_for_the_whole() -> None:
    async with Drivers(ALICE, BOB) as drivers:
        park = drivers.park
        part, whole = await drivers.parked(ALICE.uid), await drivers.parked(BOB.uid)
        await drivers.pays(part)
        merge = MergeSessions(
            session_id=part,
            version=await version_of(park, part),
            into=whole,
            into_version=await version_of(park, whole),
            reason=Ground.PICTURE,
            author="op",
        )
        assert await asked(park, SITE, merge) == ("sessions-merged", None)

        await drivers.at_exit(ALICE.uid)

        assert (park.opened, park.asked) == (["exit"], []), "nobody pays twice"
        assert [(await park.session(one)).status for one in (part, whole)] == [Status.VOID, Status.CLOSED]
        assert [kind for kind, _ in drivers.ledger()] == ["sale", "counter", "sale"]
        assert sum(cents for _, cents in drivers.ledger()) == 450


async def test_what_is_waived_opens_the_exit_and_is_booked_with_its_author() -> None:
    async with Drivers(ALICE) as drivers:
        session_id = await drivers.parked(ALICE.uid)
        await drivers.at_exit(ALICE.uid)
        await drivers.park.request(Address("session", session_id), Waive(reason="flooded level", author="ines"))
        await drivers.park.pass_time(1)

        assert drivers.park.opened == ["exit"]
        [entry] = drivers.booked()
        assert (entry.kind, entry.means, entry.amount_cents, entry.author) == ("waiver", "none", 250, "ines")
        assert drivers.park.payloads("parking/payment/success") == []


async def test_who_may_pay_later_leaves_with_a_debt() -> None:
    async with Drivers(ALICE) as drivers:
        session_id = await drivers.parked(ALICE.uid)
        await drivers.at_exit(ALICE.uid)
        await drivers.park.request(Address("session", session_id), PayLater(reason="no phone", author="ines"))
        await drivers.park.pass_time(1)

        assert drivers.park.opened == ["exit"]
        assert drivers.ledger() == [("debt", 250)]


async def test_cash_is_recorded_with_its_receipt_and_opens_the_exit() -> None:
    async with Drivers(ALICE) as drivers:
        session_id = await drivers.parked(ALICE.uid)
        await drivers.at_exit(ALICE.uid)
        cash = RecordOnSite(means=Means.CASH, receipt_number="A-17", amount_cents=Cents(250), author="ines")
        await drivers.park.request(Address("session", session_id), cash)
        await drivers.park.request(Address("session", session_id), cash)
        await drivers.park.pass_time(1)

        assert drivers.park.opened == ["exit"]
        assert [(row.kind, row.means, row.amount_cents) for row in drivers.booked()] == [("sale", "cash", 250)]


async def test_a_refund_is_booked_once_the_provider_has_made_it() -> None:
    async with Drivers(ALICE) as drivers:
        session_id = await drivers.parked(ALICE.uid)
        ref = await drivers.pays(session_id)
        asked = RefundPayment(
            payment_ref=ref.replace("cs_", "pi_"), amount_cents=Cents(100), reason="rain", author="ines"
        )
        drivers.provider.go_away()
        await drivers.park.request(Address("session", session_id), asked)
        await drivers.park.pass_time(30)
        assert drivers.ledger() == [("sale", 250)]
        drivers.provider.come_back()
        await drivers.park.pass_time(60)
        await drivers.webhooks()

        assert drivers.ledger() == [("sale", 250), ("refund", -100)]
        assert drivers.states() == ["part-refunded"]


async def test_a_refund_the_provider_will_not_make_calls_a_person() -> None:
    async with Drivers(ALICE) as drivers:
        session_id = await drivers.parked(ALICE.uid)
        ref = await drivers.pays(session_id)
        await drivers.provider.contest(ref)
        asked = RefundPayment(
            payment_ref=ref.replace("cs_", "pi_"), amount_cents=Cents(100), reason="rain", author="ines"
        )
        await drivers.park.request(Address("session", session_id), asked)
        await drivers.park.pass_time(10)

        assert "refund-failed" in drivers.alarms()
        assert drivers.ledger() == [("sale", 250)]


async def test_a_dispute_takes_the_money_keeps_the_evidence_and_gives_it_back_when_won() -> None:
    async with Drivers(ALICE) as drivers:
        session_id = await drivers.parked(ALICE.uid)
        ref = await drivers.pays(session_id)
        await drivers.provider.contest(ref)
        await drivers.webhooks()
        assert drivers.ledger() == [("sale", 250), ("dispute", -250)]
        assert (drivers.states(), "payment-disputed" in drivers.alarms()) == (["disputed"], True)
        session = await drivers.park.session(session_id)
        assert (session.money.is_disputed, session.review) == (True, ("disputed",))

        await drivers.provider.contest(ref, DisputeStatus.WON)
        await drivers.webhooks()

        assert drivers.ledger() == [("sale", 250), ("dispute", -250), ("counter", 250)]
        assert not (await drivers.park.session(session_id)).money.is_disputed


async def test_so_much_is_given_back_by_two_people_only() -> None:
    async with Drivers(ALICE, tariff=DEAR) as drivers:
        session_id = await drivers.parked(ALICE.uid)
        ref = await drivers.pays(session_id)
        alone = RefundPayment(
            payment_ref=ref.replace("cs_", "pi_"), amount_cents=Cents(5001), reason="closed", author="ines"
        )
        row = await drivers.park.request(Address("session", session_id), alone)
        await drivers.park.pass_time(5)
        assert "two people" in drivers.park.stores.inbox_row(row).outcome
        await drivers.park.request(Address("session", session_id), replace(alone, second_author="marc"))
        await drivers.park.pass_time(5)
        await drivers.webhooks()

        assert drivers.ledger() == [("sale", 10_000), ("refund", -5001)]


async def test_who_badges_again_while_asked_to_pay_waits_since_they_came() -> None:
    async with Drivers(ALICE) as drivers:
        await drivers.parked(ALICE.uid)
        await drivers.at_exit(ALICE.uid)
        came = (await drivers.park.site_state()).lane(Lane.EXIT).waiting_since

        for _ in range(4):
            await drivers.park.pass_time(20)
            await drivers.at_exit(ALICE.uid)

        assert came is not None
        assert (await drivers.park.site_state()).lane(Lane.EXIT).waiting_since == came


@pytest.mark.parametrize("watched", [False, True], ids=["no sensor", "sensor"])
async def test_who_waited_behind_a_vehicle_that_blocked_the_exit_does_not_pay_for_it(*, watched: bool) -> None:
    async with Drivers(ALICE, BOB, watched=watched) as drivers:
        park = drivers.park
        await drivers.parked(ALICE.uid, 1)
        bob = await drivers.parked(BOB.uid, 1)
        await park.when(SENSOR, {"present": True})
        await drivers.at_exit(ALICE.uid)
        await park.pass_time(200)
        opened = OpenLane(lane=Lane.EXIT, reason=OpenReason.CANNOT_PAY, author="ines")
        await park.request(SITE, opened)
        await park.pass_time(1)
        await park.when(SENSOR, {"present": False})
        await park.when(SENSOR, {"present": True})
        await park.pass_time(20)
        await drivers.at_exit(BOB.uid)

        quote = (await park.session(bob)).quoted
        assert quote is not None
        [credit] = [line for line in quote.lines if line.what == "credit"]
        assert (credit.name, 200 <= credit.seconds <= 202) == ("queue", True)
        assert park.asked[-1] == 100, "two minutes, of more than five"
