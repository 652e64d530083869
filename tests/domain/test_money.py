"""Whatever order and however often a provider tells of money, it ends in the same money. Source: docs/money.md."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from syspark.domain.access import Plan
from syspark.domain.decision import Moment
from syspark.domain.messages import ExitRequested, LeftUnpaid, SessionMessage
from syspark.domain.payment.entry import Entry
from syspark.domain.payment.messages import (
    AskPrice,
    CheckoutEnded,
    CheckoutOpened,
    DisputeTold,
    PaymentFailed,
    PaymentTold,
    ProviderTold,
    RefundTold,
)
from syspark.domain.payment.payment import DisputeStatus, Means, RefundStatus
from syspark.domain.policy import SitePolicy
from syspark.domain.session import Session, decide, evolve
from syspark.domain.session.events import Booked, ProviderAsked
from syspark.domain.tariff import Tariff
from syspark.domain.units import Cents, HolderKey, OfferId, SessionId
from tests.domain.park import EXIT, NOON

OFFERS = [OfferId(str(UUID(int=number))) for number in range(1, 4)]


class Books:
    """A session, told one message after the other, and what it has booked."""

    def __init__(self) -> None:
        self.session = Session(
            id=SessionId("s"),
            holder_key=HolderKey("A11CE000"),
            plan=Plan.VISITOR,
            tariff=Tariff(),
            tariff_version=1,
            opened_at=NOON,
            decided_at=NOON,
        )
        self.entries: list[Entry] = []
        self.orders: set[str] = set()
        self._now = NOON + timedelta(minutes=91)
        self._told = 0

    def tell(self, message: SessionMessage, seconds: float = 1) -> str:
        """Tell one message; the rule it was decided by."""
        self._now += timedelta(seconds=seconds)
        self._told += 1
        at = Moment(self._now, self._now, uuid5(UUID(int=0), str(self._told)))
        decision = decide(self.session, message, SitePolicy(), at, version=1)
        for event in decision.events:
            self.session = evolve(self.session, event)
            if isinstance(event, Booked):
                self.entries.append(event.entry)
            if isinstance(event, ProviderAsked):
                self.orders.add(event.order.id)
        return decision.rule

    @property
    def money_cents(self) -> int:
        """What the ledger says that the provider has of ours."""
        return sum(entry.amount_cents for entry in self.entries if entry.means is Means.SANDBOX)


def paid(offer: OfferId, cents: int = 250) -> PaymentTold:
    return PaymentTold(
        offer_id=offer,
        checkout_ref=f"cs_{offer}",
        payment_ref=f"pi_{offer}",
        amount_cents=Cents(cents),
        currency="EUR",
        means=Means.SANDBOX,
        paid_at=NOON + timedelta(minutes=92),
    )


def refund(offer: OfferId, status: RefundStatus, cents: int = 250) -> RefundTold:
    return RefundTold(
        payment_ref=f"pi_{offer}",
        refund_ref=f"re_{offer}",
        amount_cents=Cents(cents),
        currency="EUR",
        means=Means.SANDBOX,
        status=status,
    )


def dispute(offer: OfferId, status: DisputeStatus) -> DisputeTold:
    return DisputeTold(
        payment_ref=f"pi_{offer}",
        dispute_ref=f"dp_{offer}",
        amount_cents=Cents(250),
        currency="EUR",
        means=Means.SANDBOX,
        status=status,
    )


LIVES: dict[tuple[ProviderTold, ...], int] = {
    (): 0,
    (CheckoutEnded(offer_id=OFFERS[0]),): 0,
    (paid(OFFERS[0]),): 250,
    (PaymentFailed(offer_id=OFFERS[0], why="declined"), paid(OFFERS[0])): 250,
    (paid(OFFERS[0]), refund(OFFERS[0], RefundStatus.PENDING), refund(OFFERS[0], RefundStatus.SUCCEEDED)): 0,
    (paid(OFFERS[0]), refund(OFFERS[0], RefundStatus.SUCCEEDED), refund(OFFERS[0], RefundStatus.FAILED)): 250,
    (paid(OFFERS[0]), dispute(OFFERS[0], DisputeStatus.INQUIRY), dispute(OFFERS[0], DisputeStatus.OPEN)): 0,
    (paid(OFFERS[0]), dispute(OFFERS[0], DisputeStatus.OPEN), dispute(OFFERS[0], DisputeStatus.WON)): 250,
    (paid(OFFERS[0]), dispute(OFFERS[0], DisputeStatus.OPEN), dispute(OFFERS[0], DisputeStatus.LOST)): 0,
    (paid(OFFERS[0], 249),): 249,
}
"""All a provider tells of one offer, and what it then has of ours."""


def of_offer(words: Sequence[ProviderTold], offer: OfferId) -> list[ProviderTold]:
    """The same words of another offer."""
    renamed = []
    for word in words:
        fields = {name: getattr(word, name) for name in word.__struct_fields__}
        fields = {
            name: value.replace(OFFERS[0], offer) if isinstance(value, str) and not hasattr(value, "name") else value
            for name, value in fields.items()
        }
        renamed.append(type(word)(**fields))
    return renamed


@given(st.data())
def test_any_order_and_repetition_of_what_a_provider_tells_ends_in_the_same_money(data: st.DataObject) -> None:
    books, held_cents = Books(), 0
    words: list[ProviderTold] = []
    for offer in OFFERS[: data.draw(st.integers(1, 3), label="tabs")]:
        books.tell(AskPrice(offer_id=offer))
        books.tell(CheckoutOpened(offer_id=offer, checkout_ref=f"cs_{offer}", expires_at=NOON + timedelta(hours=3)))
        life = data.draw(st.sampled_from(list(LIVES)), label="life")
        words += of_offer(life, offer)
        held_cents += LIVES[life]
    repeated = data.draw(st.lists(st.sampled_from(words), max_size=5), label="repeated") if words else []
    told = data.draw(st.permutations(words + repeated))
    exits: list[SessionMessage] = [ExitRequested(lane=EXIT, cycle=1), LeftUnpaid(left_at=NOON)]
    leaves = data.draw(st.sampled_from(exits))
    leaves_after = data.draw(st.integers(0, len(told)), label="leaves after")
    for message in (*told[:leaves_after], leaves, *told[leaves_after:]):
        books.tell(message)

    assert books.money_cents == held_cents
    assert len({entry.id for entry in books.entries}) == len(books.entries), "nothing is booked twice"
    counted = [one for one in books.session.money.payments if one.counts]
    assert sum(one.amount_cents for one in counted) == books.session.paid_cents
    unwanted = [one for one in books.session.money.payments if one.is_paid and not one.counts]
    assert all(f"refund:{one.payment_ref}" in books.orders for one in unwanted), "what does not count goes back"


@given(st.lists(st.sampled_from(["ask", "pay", "repeat", "exit"]), max_size=12), st.integers(0, 3600))
def test_nobody_pays_twice_for_the_same_stay(steps: list[str], apart_s: int) -> None:
    books, asked, last = Books(), 0, None
    for step in steps:
        if step == "ask":
            asked += 1
            offer = OfferId(str(UUID(int=100 + asked)))
            if books.tell(AskPrice(offer_id=offer), apart_s) == "price-offered":
                last = offer
        elif step in {"pay", "repeat"} and last is not None:
            made = books.session.money.offer(last)
            if made is not None:
                books.tell(paid(last, made.quote.total_cents), 1)
        elif step == "exit":
            books.tell(ExitRequested(lane=EXIT, cycle=1), apart_s)
    for entry in books.entries:
        assert entry.reason != "mismatch"
    counted = sum(one.amount_cents for one in books.session.money.payments if one.counts)
    assert counted == books.session.paid_cents
