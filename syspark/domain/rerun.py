"""Decisions made once more from what the journal has of them, which must give the same again.

Source: domain.md, "Audit and privacy". A row names the set-up it was decided under by a mark; in full it stands in the
first row its site's actor decided under it, which may come a little after a session's.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import msgspec

from syspark.domain import alarm_book, controller, device, organisation, session, site
from syspark.domain.controller.book import Outlook
from syspark.domain.controller.state import ControllerState
from syspark.domain.decision import Decision
from syspark.domain.messages import (
    AlarmMessage,
    AnyMessage,
    ControllerMessage,
    DeadlineReached,
    DeviceMessage,
    OrganisationMessage,
    SessionMessage,
    SiteMessage,
)
from syspark.domain.record import results
from syspark.domain.recorded import ErasedError, Recorded
from syspark.domain.site.state import Known, SiteSetup, SiteState
from syspark.domain.units import Lane

SETUP = "setup"
SETUP_IN_FULL = "setup_in_full"


class NotRecordedError(Exception):
    """What the decision was made from is not in the journal; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A decision that comes out otherwise: the row, and what differs (`rule`, `events`, `commands`, ...)."""

    row: Recorded
    what: str


@dataclass(slots=True)
class Rerun:
    """What making decisions again has shown. `left_out` counts those that cannot be made again, by why."""

    same: int = 0
    differences: list[Difference] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    def add(self, row: Recorded, setups: Mapping[str, SiteSetup]) -> None:
        """Make one more decision again."""
        try:
            what = differs(row, setups)
        except ErasedError:
            self.left_out["a personal value was erased"] += 1
        except NotRecordedError as error:
            self.left_out[str(error)] += 1
        else:
            if what is None:
                self.same += 1
            else:
                self.differences.append(Difference(row, what))


def setups_in(rows: Iterable[Recorded]) -> dict[str, SiteSetup]:
    """The set-ups that rows hold in full, by their marks."""
    found = {}
    for row in rows:
        if SETUP_IN_FULL.encode() in row.inputs:
            given = row.shown().get("given", {})
            found[given[SETUP]] = msgspec.convert(given[SETUP_IN_FULL], SiteSetup)
    return found


def differs(row: Recorded, setups: Mapping[str, SiteSetup]) -> str | None:
    """What of a decision made again is not what the row says; None: it is the same.

    Raises `ErasedError` and `NotRecordedError`.
    """
    plain = row.plain()
    try:
        decision = _again(row, plain, setups)
    except msgspec.ValidationError as error:
        return f"cannot be read back: {error}"
    if decision.rule != row.rule:
        return f"rule: now {decision.rule}"
    now = msgspec.json.decode(msgspec.json.encode(results(decision)))
    return next((name for name in _RESULTS if now.get(name) != plain.get(name)), None)


_RESULTS = ("events", "commands", "handovers", "timers", "refused")


def _again(row: Recorded, plain: Mapping[str, Any], setups: Mapping[str, SiteSetup]) -> Decision[Any]:
    given, message = plain["given"], msgspec.convert(plain["message"], AnyMessage)
    if isinstance(message, DeadlineReached) and "set_for" in given:
        return Decision(rule="deadline-moved")
    decide = _BY_ACTOR.get(row.actor)
    if decide is None:
        raise NotRecordedError(f"no rule makes the decisions of a {row.actor} again")
    return decide(message, _Given(given, setups), row)


@dataclass(frozen=True, slots=True)
class _Given:
    """What was looked up for a decision."""

    plain: Mapping[str, Any]
    setups: Mapping[str, SiteSetup]

    def read(self, name: str, kind: Any) -> Any:
        """A value by its name."""
        if name not in self.plain:
            raise NotRecordedError(f"{name} was not recorded")
        return msgspec.convert(self.plain[name], kind)

    @property
    def setup(self) -> SiteSetup:
        """The set-up it was decided under."""
        setup = self.setups.get(self.plain.get(SETUP, ""))
        if setup is None:
            raise NotRecordedError("the set-up was not recorded")
        return setup


def _site(message: AnyMessage, given: _Given, row: Recorded) -> Decision[Any]:
    assert isinstance(message, SiteMessage)
    known = {one.name: given.plain[one.name] for one in fields(Known) if one.name in given.plain}
    state = given.read("state", SiteState)
    return site.decide(state, message, msgspec.convert(known, Known), given.setup, row.moment)


def _session(message: AnyMessage, given: _Given, row: Recorded) -> Decision[Any]:
    assert isinstance(message, SessionMessage)
    held, version = given.read("session", session.Session), given.read("version", int)
    owes = "owes_already" in given.plain
    return session.decide(held, message, given.setup.policy, row.moment, version=version, owes_already=owes)


def _device(message: AnyMessage, given: _Given, row: Recorded) -> Decision[Any]:
    assert isinstance(message, DeviceMessage)
    if not given.plain.get("set_up", True):
        return device.NOT_SET_UP
    lane = given.read("lane", Lane) if "lane" in given.plain else None
    return device.decide(given.read("twin", device.Twin), message, lane, row.moment)


def _controller(message: AnyMessage, given: _Given, row: Recorded) -> Decision[Any]:
    assert isinstance(message, ControllerMessage)
    if not given.plain.get("concerned", True):
        return controller.NEVER_HEARD
    state, ahead = given.read("state", ControllerState), given.read("ahead", Outlook)
    return controller.decide(state, message, ahead, given.read("pins", tuple[Lane, ...]), row.moment)


def _organisation(message: AnyMessage, given: _Given, _row: Recorded) -> Decision[Any]:
    assert isinstance(message, OrganisationMessage)
    return organisation.decide(given.read("taken", bool), message)


def _alarms(message: AnyMessage, given: _Given, row: Recorded) -> Decision[Any]:
    assert isinstance(message, AlarmMessage)
    return alarm_book.decide(given.read("book", alarm_book.Book), message, row.moment)


_BY_ACTOR: Mapping[str, Callable[[AnyMessage, _Given, Recorded], Decision[Any]]] = {
    "site": _site,
    "session": _session,
    "device": _device,
    "controller": _controller,
    "organisation": _organisation,
    "alarms": _alarms,
}
"""Who decides how; an actor that is not here has decisions nobody can make again."""
