"""The live feed: the journal in words. What only moves machinery (repeated reads, timers) and what is configured (a
hundred badges at once) is left out.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from syspark.web_ports import PersonLine
from web.reading.holders import who
from web.reading.journal import Entry
from web.reading.model import FeedItem
from web.sentence import LaneName, Sentence, Word, said

REASONS: Mapping[str, str] = {
    "misread-plate": "Misread plate",
    "payment-down": "Payment down",
    "already-paid": "Already paid",
    "entitled": "Entitled",
    "cannot-pay": "Cannot pay",
    "emergency": "Emergency, safety",
    "turning-back": "Turning back",
    "goodwill": "Goodwill",
}
"""The eight one-tap reasons. Source: domain.md, "Audit"."""

_TOLD: Mapping[str, tuple[str, str, str]] = {
    "entry-admitted": ("badge", "", "{lane} opens for {who}"),
    "entry-again": ("badge", "", "{lane} opens again for {who}"),
    "entry-confirmed": ("check", "", "{who} has come in"),
    "entry-after-missed-exit": ("badge", "doubt", "{lane} opens for {who}, whose last exit was missed"),
    "exit-asked": ("badge", "", "{who} read at {lane}"),
    "exit-asked-again": ("badge", "", "{who} read again at {lane}"),
    "exit-entry-unknown": ("eye", "doubt", "{who} at {lane} without a known entry"),
    "exit-payment": ("check", "", "{lane} opens for {who}, paid"),
    "exit-right": ("check", "", "{lane} opens for {who}, entitled"),
    "exit-free": ("check", "", "{lane} opens for {who}, nothing due"),
    "exit-session-over": ("check", "doubt", "{lane} opens for {who}, whose session was over"),
    "payment-vehicle-gone": ("car", "warn", "{who} has left {lane} without paying"),
    "exit-vehicle-gone": ("car", "warn", "{who} left {lane} before it opened"),
    "exit-already-open": ("check", "", "{lane} is open already for {who}"),
    "plate-admitted": ("camera", "", "{lane} opens for {who}"),
    "plate-joined": ("camera", "", "{who} at {lane}: the plate belongs to the same visit"),
    "badge-joined": ("badge", "", "{who} at {lane}: the badge belongs to the same visit"),
    "pin-admitted": ("keypad", "", "A PIN let a vehicle in at {lane}"),
    "pin-joined": ("keypad", "", "{who} at {lane}: the PIN belongs to the same visit"),
    "pin-exit": ("keypad", "", "A PIN let {who} out at {lane}"),
    "pin-exit-guessed": ("keypad", "doubt", "A PIN let a vehicle out at {lane}: whose it was is to be reviewed"),
    "pin-exit-without-entry": ("keypad", "doubt", "A PIN let a vehicle out at {lane} without a known entry"),
    "plate-not-valid": ("eye", "doubt", "A plate at {lane} could not be read for certain"),
    "exit-asked-one-confusion": ("camera", "", "{who} at {lane}: one character was misread"),
    "exit-paired": ("camera", "doubt", "{who} at {lane}: taken for the vehicle that was let in unread"),
    "nothing-read": ("eye", "warn", "Nothing is read of the vehicle at {lane}"),
    "entry-unread": ("eye", "doubt", "{lane} opens for a vehicle nobody could read"),
    "vehicle-tailgated": ("car", "warn", "A second vehicle left {lane} through another one's opening"),
    "arrival-declared": ("user", "doubt", "The driver of {who} at {lane} says when they came: nobody saw it enter"),
    "vehicle-matched": ("eye", "", "A person says that {who} stands at {lane}"),
    "plate-unknown": ("no", "warn", "{who} at {lane}: no open session has this plate"),
    "badge-unknown": ("no", "warn", "Unknown badge {who} refused at {lane}"),
    "badge-blocked": ("no", "warn", "Blocked badge of {who} refused at {lane}"),
    "badge-not-yet-valid": ("no", "warn", "Badge of {who} refused at {lane}: not valid yet"),
    "badge-ended": ("no", "warn", "Badge of {who} refused at {lane}: expired"),
    "site-full": ("no", "warn", "{who} refused at {lane}: full"),
    "badge-of-another-lane": ("no", "warn", "Badge of {who} refused at {lane}: for another lane"),
    "badge-passed-back": ("no", "warn", "Badge of {who} refused at {lane}: inside already"),
    "pool-full": ("no", "warn", "{who} refused at {lane}: the company's places are taken"),
    "no-visitors": ("no", "warn", "{who} refused at {lane}: no visitors"),
    "site-closed": ("no", "warn", "{who} refused at {lane}: closed at this hour"),
    "lane-held-open": ("open", "doubt", "{author} holds {lane} open"),
    "emergency-declared": ("alarm", "crit", "{author} evacuates the site: every lane is asked to open"),
    "emergency-ended": ("check", "", "{author} ends the evacuation"),
    "exit-evacuation": ("check", "", "{lane} opens for {who}: evacuation"),
    "exit-in-evacuation": ("eye", "doubt", "{who} leaves by {lane} in the evacuation, without a known entry"),
    "exit-held-open": ("open", "", "{lane} stands open: nothing is asked of {who}"),
    "barrier-at-fault": ("alarm", "warn", "The barrier of {lane} reports a fault"),
    "barrier-opened-unexplained": ("open", "warn", "{lane} has opened, and nothing explains it"),
    "barrier-opened-site-alone": ("open", "", "The site has opened {lane} by itself"),
    "lane-uncontrolled": ("open", "doubt", "{lane} is without its barrier arm"),
    "lane-controlled": ("check", "", "{lane} is decided on again"),
    "badge-offered": ("badge", "", "A new badge was read at {lane} for enrolment"),
    "help-asked": ("alarm", "warn", "The driver at {lane} asks for help"),
    "help-answered": ("check", "", "{author} has answered the driver at {lane}"),
    "timed-release": ("hourglass", "doubt", "{lane} opens: nobody answered the driver"),
    "payment-asked": ("card", "", "{lane} asks {who} to pay"),
    "payment-asked-too-late": ("hourglass", "warn", "Payment of {who} not asked: the read was too old"),
    "paid-at-exit": ("card", "ok", "{lane} lets {who} out: paid"),
    "payments-down": ("cut", "warn", "Nobody can pay: exits open in two minutes"),
    "payments-work": ("check", "ok", "Payments work again"),
    "payment-ask-ended": ("card", "", "{lane} no longer asks for a payment"),
    "vehicle-arrived": ("car", "", "A vehicle arrives at {lane}"),
    "vehicle-passed": ("car", "ok", "A vehicle has passed {lane}"),
    "vehicle-let-in": ("car", "ok", "The site has let a vehicle in by itself at {lane}"),
    "exit-told-late": ("check", "", "{who} had left: the site tells it only now"),
    "vehicle-gone": ("car", "", "The vehicle has left {lane}"),
    "barrier-confirmed": ("check", "ok", "{lane} confirms that it opened"),
    "fate-unknown-look-again": ("hourglass", "warn", "Nobody knows whether {lane} opened: looking again"),
    "fate-bad-badge-again": ("hourglass", "warn", "Nobody knows whether {lane} opened: the driver is asked again"),
    "decide-again-opened": ("arrow", "", "{lane} opens once more: the vehicle stands there still"),
    "sensor-trusted": ("wave", "ok", "The sensor of {lane} can be believed again"),
    "sensor-distrusted": ("wave", "warn", "The sensor of {lane} can no longer be believed"),
    "bridge-online": ("link", "", "The site is connected"),
    "bridge-offline": ("cut", "warn", "The site is cut off"),
    "device-offline": ("cut", "warn", "{device} is silent"),
    "device-back": ("check", "ok", "{device} is heard again"),
    "device-unsteady": ("hourglass", "warn", "{device} comes and goes"),
    "fault-raised": ("alarm", "warn", "{device} reports a fault"),
    "fault-cleared": ("check", "ok", "{device} works again"),
}
"""Per rule: an icon, a level, and what is said."""

_BAD_FATES: Mapping[str, str] = {
    "expired": "Opening of {lane} expired, not confirmed",
    "failed": "Opening of {lane} failed",
    "refused": "Opening of {lane} refused by the site",
    "withheld": "Opening of {lane} withheld: the read was too old",
}


def feed(entries: Sequence[Entry], people: Mapping[str, PersonLine], now: datetime) -> tuple[FeedItem, ...]:
    """The entries that tell something, newest first. `people` are by holder key."""
    lanes = {command: entry.lane for entry in entries for command in entry.commands if entry.lane}
    items = []
    for entry in entries:
        told = _told(entry, who(entry.key, people, entry.fact_at, now), lanes)
        if told is not None:
            icon, level, text = told
            items.append(FeedItem(entry.line.seq, entry.fact_at, icon, level, text))
    return tuple(items)


def _told(entry: Entry, whom: object, lanes: Mapping[str, str]) -> tuple[str, str, Sentence] | None:
    if entry.line.actor == "session":
        return None  # what a session decides, its site tells as well
    lane = entry.lane or lanes.get(str(entry.message.get("command_id")))
    place: object = LaneName(lane) if lane else Word("the site")
    if entry.line.kind == "open-lane":
        why = Word(REASONS.get(entry.reason or "", "no reason"))
        if entry.refused:
            return (
                "no",
                "crit",
                said("{author} may not open {lane} ({why})", author=entry.author or "?", lane=place, why=why),
            )
        return "arrow", "", said("{author} opens {lane}: {why}", author=entry.author or "?", lane=place, why=why)
    if entry.line.kind == "command-fated":
        text = _BAD_FATES.get(str(entry.message.get("fate"))) if lane else None
        if text is not None:
            return "hourglass", "warn", said(text, lane=place)
    rule = entry.rule
    if rule == "exit-entry-unknown" and entry.line.kind == "exit-granted":
        return (
            "check",
            "doubt",
            said("{lane} opens for {who} without a known entry", lane=place, who=whom),
        )
    if rule not in _TOLD:
        return None
    icon, level, text = _TOLD[rule]
    known: dict[str, object] = {
        "lane": place,
        "who": whom,
        "author": entry.author or "?",
        "device": entry.message.get("device", "?"),
    }
    values = {name: value for name, value in known.items() if f"{{{name}}}" in text}
    return icon, level, said(text, **values)
