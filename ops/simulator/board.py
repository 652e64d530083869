"""An entry or exit controller: its own badges and PIN, its small receive buffer, its screens.

Source: contract.md, "Facts about the field equipment that the cloud must respect".
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ops.simulator.agenda import Agenda
from ops.simulator.hearing import LARGEST_BYTES, PaymentAsked, read_acl, read_display, read_payment
from ops.simulator.layout import LaneName, SiteLayout
from ops.simulator.message import Message
from ops.simulator.speech import V1Speech

PAYMENT_SCREEN_S = 15.0
FIRST_PINS: Mapping[LaneName, str] = MappingProxyType({"entry": "4711", "exit": "2580"})
"""What was typed in when the controllers were fitted; the cloud may send others."""

CARD_S = 0.3  # what writing its card takes a controller
ROUNDING_S = 1e-4  # 200 ms apart on the calendar are a little less as floats
READ_BY_BOARDS = ("acl/", "config/", "display/", "payment/")


class Board:
    """One controller. `grant` opens its barrier by its own right; `gap_s` is what it needs between two messages."""

    def __init__(
        self,
        lane: LaneName,
        layout: SiteLayout,
        agenda: Agenda,
        speech: V1Speech,
        say: Callable[[Message], None],
        grant: Callable[[], None],
        *,
        gap_s: float,
    ) -> None:
        self.lane = lane
        self.acl: dict[str, None] = {}
        self.pin = FIRST_PINS[lane]
        self.text = ""
        self.full = False
        self.payment: PaymentAsked | None = None
        self.too_large = 0
        self.too_close = 0
        self._payment_until_s = 0.0
        self._heard_s = float("-inf")
        self._layout = layout
        self._agenda = agenda
        self._speech = speech
        self._say = say
        self._grant = grant
        self._gap_s = gap_s

    def connect(self) -> None:
        """After each connect: what it holds, then the wish to be told what it should."""
        self._list()
        self._say(self._speech.sync(self.lane, self._agenda.now_s))

    def badge(self, uid: str, *, sent_as: str | None = None) -> None:
        """A badge at the reader: its number goes out before the controller looks at its own list."""
        self._say(self._speech.badge(sent_as or uid, self.lane, self._agenda.now_s))
        if not self.full and uid[:8].upper() in self.acl and sent_as is None:
            self._grant()

    def enter_pin(self, digits: str) -> bool:
        """A PIN at the keypad. The right one opens, and is told without its digits; exits work also when full."""
        refused = self.lane == "entry" and self.full
        if refused or not self.pin or digits != self.pin:
            return False
        self._grant()
        self._say(self._speech.pin(self.lane, self._agenda.now_s))
        return True

    @property
    def asks_payment(self) -> PaymentAsked | None:
        """What the payment screen shows now."""
        return self.payment if self._agenda.now_s < self._payment_until_s else None

    def hear(self, topic: str, payload: bytes) -> None:
        """A message from the cloud: lost when it is too large, or too close behind the one before."""
        if not topic.startswith(READ_BY_BOARDS):
            return
        too_close = self._agenda.now_s - self._heard_s < self._gap_s - ROUNDING_S
        self._heard_s = self._agenda.now_s
        if len(payload) > LARGEST_BYTES:
            self.too_large += 1
        elif too_close:
            self.too_close += 1
        else:
            self._take(topic, payload)

    def _take(self, topic: str, payload: bytes) -> None:
        match topic:
            case "display/text":
                self._show(payload)
            case "payment/req":
                self._ask_payment(payload)
            case "payment/success":
                self.payment = None
            case "config/pin" if self.lane == "entry":
                self._learn_pin(payload)
            case "config/exit_pin" if self.lane == "exit":
                self._learn_pin(payload)
            case "acl/add" | "acl/del" | "acl/full" | "acl/enroll" | "acl/get":
                self._change_list(payload)
            case _:
                pass

    def _show(self, payload: bytes) -> None:
        text = read_display(payload, v2=self._layout.speaks == "v2")
        if text is not None:
            self.text = text
            self.full = "COMPLET" in text

    def _ask_payment(self, payload: bytes) -> None:
        asked = read_payment(payload)
        if asked is None:
            return
        if asked.price == "STOP":
            if self.lane == "entry":
                self.text = asked.cause
        elif self.lane == "exit":
            self.payment, self._payment_until_s = asked, self._agenda.now_s + PAYMENT_SCREEN_S

    def _learn_pin(self, payload: bytes) -> None:
        if payload.isdigit() and 4 <= len(payload) <= 8:
            self.pin = payload.decode()

    def _change_list(self, payload: bytes) -> None:
        change = read_acl(payload, self._layout.secret)
        if change is None:
            return
        match change.op:
            case "LIST_REQ":
                self._list()
                return
            case "ENROLL":
                return
            case "FULL":
                self.acl = dict.fromkeys(uid[:8].upper() for uid in change.uids)
            case "ADD":
                self.acl.update(dict.fromkeys(uid[:8].upper() for uid in change.uids))
            case "DEL":
                for uid in change.uids:
                    self.acl.pop(uid[:8].upper(), None)
        self._agenda.after(CARD_S, self._written)

    def _written(self) -> None:
        self._say(self._speech.acl_event(self.lane, ok=True, at_s=self._agenda.now_s))

    def _list(self) -> None:
        self._say(self._speech.acl_list(list(self.acl), self.lane, self._agenda.now_s))
