"""Every move a session can make, as one table. Source: domain.md, "Parking session".

A message that has no line for the session's state is refused, and journalled as any decision; one that has a line
leaves the session in one of the states named. A session let out by its exit within the last 300 s takes back its
previous state first, so that one message can lead it from closed to any state an exit leads to.
"""

from collections.abc import Mapping

from syspark.domain.corrections import (
    ClearReview,
    CloseByHand,
    FlagReview,
    IdentityCorrected,
    MergedInto,
    PartFound,
    VoidSession,
)
from syspark.domain.messages import (
    DeadlineReached,
    EntryTold,
    ExitMissed,
    ExitRequested,
    LeavingTold,
    LeftUnpaid,
    ReplayConflict,
    RightShown,
    SessionMessage,
    SessionOverridden,
    TurnedBack,
    VisitDoubted,
)
from syspark.domain.partner_messages import GiveValidation, WithdrawValidation
from syspark.domain.payment.messages import (
    AskPrice,
    CheckoutEnded,
    CheckoutOpened,
    CheckoutRefused,
    ConfirmStay,
    DisputeTold,
    MovePayment,
    OrderRefused,
    PayLater,
    PaymentFailed,
    PaymentMoved,
    PaymentTold,
    RecordOnSite,
    RefundPayment,
    RefundTold,
    UseCode,
    Waive,
)
from syspark.domain.session.state import Status

_ACTIVE, _PENDING, _PAID, _CLOSED, _VOID = Status
_OPEN = (_ACTIVE, _PENDING, _PAID)

Move = tuple[Status, type[SessionMessage]]


def _each(states: tuple[Status, ...], message: type[SessionMessage], to: Status) -> dict[Move, frozenset[Status]]:
    return {(state, message): frozenset({to}) for state in states}


def _staying(message: type[SessionMessage], *states: Status) -> dict[Move, frozenset[Status]]:
    return {(state, message): frozenset({state}) for state in states}


def _paying(message: type[SessionMessage]) -> dict[Move, frozenset[Status]]:
    """What comes in: it may be all that is due, and also comes when nothing is."""
    return {
        (_ACTIVE, message): frozenset({_ACTIVE, _PAID}),
        (_PENDING, message): frozenset({_PENDING, _PAID}),
        **_staying(message, _PAID, _CLOSED, _VOID),
    }


MOVES: Mapping[Move, frozenset[Status]] = {
    (_ACTIVE, ExitRequested): frozenset({_PENDING, _CLOSED}),
    (_PENDING, ExitRequested): frozenset({_PENDING, _CLOSED}),
    (_PAID, ExitRequested): frozenset({_PENDING, _CLOSED}),
    (_CLOSED, ExitRequested): frozenset({_PENDING, _CLOSED}),
    (_PENDING, TurnedBack): frozenset({_ACTIVE, _PENDING}),
    **_each(_OPEN, LeftUnpaid, _CLOSED),
    **_each(_OPEN, ExitMissed, _CLOSED),
    **_each(_OPEN, SessionOverridden, _CLOSED),
    **_each(_OPEN, CloseByHand, _CLOSED),
    **{(state, PartFound): frozenset({state, _CLOSED}) for state in (*_OPEN, _CLOSED)},
    **_each(_OPEN, VoidSession, _VOID),
    **_each(_OPEN, MergedInto, _VOID),
    **_staying(MergedInto, _CLOSED),
    **_staying(RightShown, *_OPEN, _CLOSED),
    **_staying(IdentityCorrected, *_OPEN, _CLOSED),
    # What was paid contradicts an exit that a site tells it missed: the stay stands, for a person to look at.
    **{(state, LeavingTold): frozenset({state, _CLOSED}) for state in _OPEN},
    **_staying(LeavingTold, _CLOSED),
    **_staying(EntryTold, *_OPEN, _CLOSED),
    **_staying(ReplayConflict, *Status),
    **_staying(VisitDoubted, *Status),
    **_staying(FlagReview, *Status),
    **_staying(ClearReview, *Status),
    **_staying(AskPrice, *_OPEN, _CLOSED),
    **_staying(ConfirmStay, *_OPEN),
    **_staying(UseCode, *_OPEN),
    **_staying(GiveValidation, *Status),
    **_staying(WithdrawValidation, _ACTIVE),
    **_staying(CheckoutOpened, *Status),
    **_staying(CheckoutRefused, *Status),
    **_staying(CheckoutEnded, *Status),
    **_staying(PaymentFailed, *Status),
    **_staying(RefundTold, *Status),
    **_staying(DisputeTold, *Status),
    **_staying(OrderRefused, *Status),
    **_staying(DeadlineReached, *Status),
    **_paying(PaymentTold),
    **_paying(PaymentMoved),
    **{(state, RecordOnSite): frozenset({state, _PAID}) for state in _OPEN},
    **_staying(RecordOnSite, _CLOSED),
    **{(state, Waive): frozenset({state, _PAID}) for state in _OPEN},
    **_staying(Waive, _CLOSED),
    **_staying(PayLater, *_OPEN),
    **_staying(RefundPayment, *Status),
    **_staying(MovePayment, _ACTIVE, _PENDING, _CLOSED, _VOID),
    (_PAID, MovePayment): frozenset({_PAID, _ACTIVE}),
}
"""From a state, by a message, to one of these states."""


def refusal(status: Status, message: SessionMessage) -> tuple[str, str] | None:
    """The rule and the words that refuse a message in a state; None: the table has a line for it."""
    if (status, type(message)) in MOVES:
        return None
    rule = "move-not-allowed" if status.is_open else "session-already-ended"
    return rule, f"the session is {status}"
