"""Guests of a hotel, a clinic, a shop: validated plates, quotas and budgets. Source: domain.md, "Access" and "Tariffs";
docs/partners.md.
"""

from datetime import timedelta
from typing import Any

import msgspec

from syspark.domain.corrections import Ground, VoidSession
from syspark.domain.partner import Gives, Partner, Standing, Terms, Validation
from syspark.domain.partner_messages import SetPartner, TakeBackValidation, ValidatePlate
from syspark.domain.payment.messages import Waive
from syspark.domain.session import Session
from syspark.domain.units import Cents, PartnerId, Plate, SessionId
from syspark.rows import Address, RowStatus
from tests.stories.drivers import Drivers

SITE = Address("site", "default")
ENTRY, EXIT = "parking/entry/vision/plate", "parking/exit/vision/plate"
GUEST, OTHER = "AA123BB", "ZZ987YX"


class Town(Drivers):
    """A car park at 0.50 a minute, with a partner who validates for it."""

    partner: PartnerId

    async def knows(self, gives: Gives, amount: int = 0, *, at_most: int = 10_000, **more: Any) -> PartnerId:
        """An operator makes a partner."""
        terms = Terms(name="Hotel Rivoli", gives=gives, amount=amount, at_most_cents=Cents(at_most), **more)
        assert (await self.says(SetPartner(terms=terms, author="op")))[0] is RowStatus.DONE
        [row] = self.park.stores.partners()
        self.partner = msgspec.json.decode(row.body, type=Partner).id
        return self.partner

    async def validates(self, plate: str = GUEST, nights: int = 0) -> str:
        """The partner's desk validates a plate: the rule it is decided by, or the words it is refused with."""
        asked = ValidatePlate(partner_id=self.partner, plate=Plate(plate), nights=nights, author="desk")
        return (await self.says(asked))[1]

    async def takes_back(self, validation: Validation) -> str:
        """The desk takes a validation back."""
        asked = TakeBackValidation(partner_id=self.partner, validation_id=validation.id, author="desk")
        return (await self.says(asked))[1]

    async def says(self, message: Any) -> tuple[RowStatus, str]:
        """What somebody asks of the site, and how it ends."""
        row = await self.park.request(SITE, message)
        await self.park.pass_time(1)
        outcome = await self.park.stores.stores.inbox.outcome(row)
        assert outcome is not None
        told = msgspec.json.decode(outcome[1])
        return RowStatus(outcome[0]), told.get("refused") or told["rule"]

    async def enters(self, plate: str = GUEST, minutes: float = 0) -> SessionId:
        """A vehicle is read at the entry."""
        await self.park.when(ENTRY, {"plate": plate})
        session = (await self.park.open_sessions())[-1]
        await self.park.pass_time(minutes * 60)
        return session.id

    async def leaves(self, plate: str = GUEST) -> None:
        """It is read at the exit, surely."""
        await self.park.when(EXIT, {"plate": plate, "confidence": 0.99})

    def validations(self) -> list[Validation]:
        """All of them, in their order."""
        rows = sorted(self.park.stores.validations(), key=lambda row: row.made_at)
        return [msgspec.json.decode(row.body, type=Validation) for row in rows]

    @property
    def month(self) -> tuple[int, int, int]:
        """How many count this month, what they hold, what they have cost."""
        [row] = self.park.stores.partner_months()
        return row.validated, row.held_cents, row.spent_cents

    async def session(self, session_id: SessionId) -> Session:
        """A session as it is stored."""
        row = await self.park.stores.stores.state.session(session_id)
        assert row is not None
        return msgspec.json.decode(row.body, type=Session)


async def test_a_guest_inside_leaves_free_and_the_partner_owes_what_the_stay_has_cost() -> None:
    async with Town() as town:
        await town.knows(Gives.ALL, quota=10)
        await town.enters(minutes=4.5)
        assert await town.validates() == "plate-validated"
        assert town.month == (1, 10_000, 0)
        await town.leaves()

        assert (town.park.opened, town.park.asked) == (["entry", "exit"], [])
        assert town.month == (1, 0, 250), "5 minutes begun at 0.50"
        assert town.ledger() == [("validation", 250)]
        [one] = town.validations()
        assert (one.standing, one.spent_cents, one.author) == (Standing.USED, 250, "desk")


async def test_a_validation_waits_for_its_vehicle() -> None:
    async with Town() as town:
        await town.knows(Gives.MINUTES, 10)
        assert await town.validates() == "validation-waits"
        await town.park.restart()
        await town.enters(minutes=9)
        await town.leaves()
        assert town.park.asked == []
        assert town.month == (1, 0, 9 * 50)


async def test_a_vehicle_that_was_misread_at_the_entry_is_validated_when_it_is_read_right() -> None:
    async with Town() as town:
        await town.knows(Gives.ALL)
        await town.enters("AA1Z3BB", minutes=4.5)
        assert await town.validates() == "validation-waits", "nobody inside has this plate"
        await town.leaves()
        assert (town.park.opened, town.park.asked) == (["entry", "exit"], [])
        assert town.validations()[0].standing is Standing.USED


async def test_the_bill_names_the_partner_and_what_is_left_is_the_driver_s() -> None:
    async with Town() as town:
        await town.knows(Gives.PERCENT, 40)
        session_id = await town.enters(minutes=4.5)
        await town.validates()
        await town.leaves()
        assert town.park.asked == [150], "2.50 less 40 %"
        quoted = (await town.session(session_id)).quoted
        assert quoted is not None
        assert [(one.what, one.name, one.total_cents) for one in quoted.lines][-1] == ("discount", "Hotel Rivoli", -100)
        await town.pays(session_id)
        assert town.ledger() == [("sale", 150), ("validation", 100)]
        assert town.month == (1, 0, 100)


async def test_who_is_validated_while_asked_to_pay_is_let_out() -> None:
    async with Town() as town:
        await town.knows(Gives.ALL)
        await town.enters(minutes=4.5)
        await town.leaves()
        assert town.park.asked == [250]
        await town.validates()
        assert town.park.opened == ["entry", "exit"]


async def test_who_is_validated_in_part_while_asked_to_pay_is_asked_for_the_rest() -> None:
    async with Town() as town:
        await town.knows(Gives.PERCENT, 40)
        await town.enters(minutes=4.5)
        await town.leaves()
        await town.validates()
        await town.park.pass_time(15)
        assert (town.park.opened, town.park.asked[0], town.park.asked[-1]) == (["entry"], 250, 150)


async def test_a_second_click_validates_nothing_more() -> None:
    async with Town() as town:
        await town.knows(Gives.ALL)
        await town.enters(minutes=4.5)
        assert [await town.validates() for _ in range(3)] == ["plate-validated", *["validated-already"] * 2]
        assert (town.month, len(town.validations())) == ((1, 10_000, 0), 1)


async def test_a_used_up_quota_validates_nobody() -> None:
    async with Town() as town:
        await town.knows(Gives.ALL, quota=1)
        await town.validates(OTHER)
        assert await town.validates() == "the month's quota is used up"
        assert len(town.validations()) == 1


async def test_the_budget_holds_what_validations_may_still_cost() -> None:
    async with Town() as town:
        await town.knows(Gives.ALL, at_most=200, budget_cents=300)
        session_id = await town.enters(minutes=4.5)
        await town.validates()
        assert await town.validates(OTHER) == "validation-waits"
        assert [one.held_cents for one in town.validations()] == [200, 100], "the second has what is left"
        assert await town.validates("BB111BB") == "the month's budget is used up"

        await town.leaves()
        assert town.park.asked == [50], "2.50 less the 2.00 that one validation may cost"
        await town.pays(session_id)
        assert town.month == (2, 100, 200)


async def test_what_is_taken_back_before_the_exit_counts_no_more() -> None:
    async with Town() as town:
        await town.knows(Gives.ALL, quota=1)
        await town.enters(minutes=4.5)
        await town.validates()
        assert await town.takes_back(town.validations()[0]) == "validation-asked-back"
        assert (town.validations()[0].standing, town.validations()[0].ended_by) == (Standing.TAKEN_BACK, "desk")
        assert town.month == (0, 0, 0)
        await town.leaves()
        assert town.park.asked == [250]


async def test_what_waits_is_taken_back_at_once_and_once() -> None:
    async with Town() as town:
        await town.knows(Gives.ALL)
        await town.validates()
        [one] = town.validations()
        assert await town.takes_back(one) == "validation-taken-back"
        assert await town.takes_back(one) == "it was used, or is over already"
        assert town.month == (0, 0, 0)


async def test_nobody_takes_back_what_another_partner_gave() -> None:
    async with Town() as town:
        mine = await town.knows(Gives.ALL)
        await town.validates()
        [one] = town.validations()
        town.partner = PartnerId("11111111-1111-4111-8111-111111111111")
        assert await town.takes_back(one) == "it was used, or is over already"
        assert await town.validates(OTHER) == "there is no such partner"
        town.partner = mine
        assert town.month == (1, 10_000, 0)


async def test_a_driver_who_has_paid_is_not_validated() -> None:
    async with Town() as town:
        await town.knows(Gives.ALL)
        session_id = await town.enters(minutes=4.5)
        await town.pays(session_id)
        await town.validates()
        assert town.validations()[0].standing is Standing.NOT_USED
        assert town.month == (0, 0, 0)
        await town.leaves()
        assert town.ledger() == [("sale", 250)]


async def test_what_was_paid_meanwhile_costs_the_partner_nothing() -> None:
    async with Town() as town:
        await town.knows(Gives.ALL)
        session_id = await town.enters(minutes=4.5)
        ref = await town.checkout(session_id)
        await town.provider.pay(ref)
        await town.validates()
        await town.webhooks()
        await town.leaves()
        assert town.ledger() == [("sale", 250)]
        assert town.month == (1, 0, 0)


async def test_a_person_who_waives_the_rest_leaves_the_partner_their_part() -> None:
    async with Town() as town:
        await town.knows(Gives.PERCENT, 40)
        session_id = await town.enters(minutes=4.5)
        await town.validates()
        await town.leaves()
        await town.park.request(Address("session", session_id), Waive(reason="rain", author="op"))
        await town.park.pass_time(1)
        assert (town.ledger(), town.month) == ([("waiver", 150), ("validation", 100)], (1, 0, 100))


async def test_a_session_that_never_was_gives_its_validation_back() -> None:
    async with Town() as town:
        await town.knows(Gives.ALL)
        session_id = await town.enters(minutes=1)
        await town.validates()
        stored = await town.park.stores.stores.state.session(session_id)
        assert stored is not None
        void = VoidSession(version=stored.version, reason=Ground.PICTURE, author="op")
        await town.park.request(Address("session", session_id), void)
        await town.park.pass_time(120)
        assert town.validations()[0].standing is Standing.WAITING

        await town.enters(minutes=4.5)
        await town.leaves()
        assert (town.park.asked, town.month) == ([], (1, 0, 250))


async def test_a_vehicle_let_out_twice_costs_its_partner_once() -> None:
    async with Town(watched=True) as town:
        await town.knows(Gives.ALL)
        await town.enters(minutes=4.5)
        await town.validates()
        await town.leaves()
        await town.park.pass_time(70)
        await town.leaves()
        assert town.month == (1, 0, 250)
        assert [kind for kind, _ in town.ledger()].count("validation") == 1


async def test_a_partner_whose_time_is_over_validates_nobody() -> None:
    async with Town() as town:
        today = town.park.clock.now().date()
        await town.knows(Gives.ALL, first=today - timedelta(days=9), last=today - timedelta(days=1))
        assert await town.validates() == "the partner's validations do not count today"
        assert town.validations() == []


async def test_terms_that_make_no_sense_change_nothing() -> None:
    async with Town() as town:
        for terms, why in (
            (Terms(name=" ", gives=Gives.ALL, at_most_cents=Cents(1)), "a name of 1 to 60"),
            (Terms(name="H", gives=Gives.PERCENT, amount=101, at_most_cents=Cents(1)), "1 to 100 percent"),
            (Terms(name="H", gives=Gives.NIGHTS, at_most_cents=Cents(1)), "1 to 30 nights"),
            (Terms(name="H", gives=Gives.ALL, amount=3, at_most_cents=Cents(1)), "all is all"),
            (Terms(name="H", gives=Gives.ALL, at_most_cents=Cents(0)), "what one validation may cost"),
            (Terms(name="H", gives=Gives.ALL, at_most_cents=Cents(1), quota=-1), "a number from 0"),
        ):
            status, told = await town.says(SetPartner(terms=terms, author="op"))
            assert (status, why in told) == (RowStatus.REFUSED, True), told
        assert town.park.stores.partners() == []
        await town.knows(Gives.ALL)
        again = SetPartner(terms=Terms(name="HOTEL rivoli", gives=Gives.ALL, at_most_cents=Cents(1)), author="op")
        assert (await town.says(again))[1] == "another partner has this name"


async def test_no_plate_is_kept_with_a_validation() -> None:
    async with Town() as town:
        await town.knows(Gives.ALL)
        await town.enters(minutes=1)
        await town.validates()
        assert all(GUEST.encode() not in row.body for row in town.park.stores.validations())
        assert all(GUEST.encode() not in row.inputs for row in town.park.recorded())
