"""What an alarm tells besides its kind, as it is kept and as people read it, in French and English.

A detail is kept short and of no language. Who raises an alarm with one of ours writes it by its form here, and who
tells people, pages and notifier, reads it by the same one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from syspark.domain.alarm_kind import AlarmKind
from syspark.domain.comparison import Happened
from syspark.domain.payment.payment import NotCounted
from syspark.domain.policy import Language
from syspark.domain.read_rate import CARS, NORM_DAYS
from syspark.domain.units import Lane, Side


@dataclass(frozen=True)
class Form:
    """A detail of ours: `kept` and its words have the same places, named in braces."""

    kept: str
    french: str
    english: str

    def written(self, **values: object) -> str:
        """The detail as an alarm keeps it."""
        return self.kept.format(**values)

    def read(self, detail: str, language: Language) -> str | None:
        """The words of a detail; None when it was not written by this form."""
        found = self._pattern.fullmatch(detail)
        words = self.french if language is Language.FRENCH else self.english
        return words.format(**found.groupdict()) if found is not None else None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+)", re.escape(self.kept)))


LISTS_APART = Form(
    "-{missing} +{extra} / {desired}",
    "{missing} en moins, {extra} en trop, sur {desired}",
    "{missing} missing, {extra} too many, of {desired}",
)
INSIDE_APART = Form(
    "{here} / {there}",
    "présents pour nous seuls : {here}, pour le site seul : {there}",
    "inside for us alone: {here}, for the site alone: {there}",
)
OTHER_QOS = Form(
    "QoS {told}, not {due}", "il arrive en QoS {told}, et non {due}", "it comes with QoS {told}, not {due}"
)
LOOP = Form(
    "loop: our own message came back once more",
    "notre propre message revient : une boucle",
    "our own message comes back: a loop",
)
RETAINED = Form(
    "retained, and must not be", "le courtier le conserve, et ne doit pas", "the broker keeps it, and must not"
)
NOT_RETAINED = Form(
    "not retained: {topics}", "le courtier ne conserve plus {topics}", "the broker no longer keeps {topics}"
)
RETAIN = "retain"
"""What an alarm is about for all topics of a site, since one bridge or broker loses the flag of them all; its detail
has the words for it."""

NOT_ORDERED = Form(
    "refund-not-ordered", "un remboursement que personne ici n'a demandé", "a refund that nobody here has asked for"
)
NOT_COUNTED: Mapping[NotCounted, Form] = {
    NotCounted.MISMATCH: Form(NotCounted.MISMATCH, "pas le montant demandé", "not the amount that was asked for"),
    NotCounted.SESSION_VOID: Form(
        NotCounted.SESSION_VOID,
        "payé pour un séjour qui n'a pas eu lieu : renvoyé",
        "paid for a session that never happened: sent back",
    ),
    NotCounted.SESSION_CLOSED: Form(
        NotCounted.SESSION_CLOSED,
        "payé pour un séjour terminé : renvoyé",
        "paid for a session that is over: sent back",
    ),
    NotCounted.SECOND_PAYMENT: Form(
        NotCounted.SECOND_PAYMENT, "payé deux fois : le second est renvoyé", "paid twice: the second is sent back"
    ),
}
LEDGER: Mapping[Happened, Form] = {
    Happened.PAID: Form(
        "ledger-paid",
        "un paiement que le registre n'a pas, ou autrement",
        "a payment that the ledger does not have, or otherwise",
    ),
    Happened.REFUNDED: Form(
        "ledger-refunded",
        "un remboursement que le registre n'a pas, ou autrement",
        "a refund that the ledger does not have, or otherwise",
    ),
    Happened.DISPUTED: Form(
        "ledger-disputed",
        "une contestation que le registre n'a pas, ou autrement",
        "a dispute that the ledger does not have, or otherwise",
    ),
}
_CAMERAS = {
    f"{Lane.ENTRY} {Side.REAR} ": ("à l'entrée, par l'arrière : ", "at the entry, rear: "),
    f"{Lane.EXIT} {Side.REAR} ": ("à la sortie, par l'arrière : ", "at the exit, rear: "),
    f"{Lane.ENTRY} ": ("à l'entrée : ", "at the entry: "),
    f"{Lane.EXIT} ": ("à la sortie : ", "at the exit: "),
    f"{Side.REAR} ": ("par l'arrière : ", "rear: "),
    "": ("", ""),
}
"""By what `read_rate.place` calls a camera; a longer name before one it ends with."""
READ_LESS: Mapping[str, Form] = {
    place.strip(): Form(
        f"{place}{{last}}% / {{norm}}%",
        f"{french}{{last}} % des {CARS} derniers véhicules lus, contre {{norm}} % sur {NORM_DAYS} jours",
        f"{english}{{last}}% of the last {CARS} vehicles read, {{norm}}% over {NORM_DAYS} days",
    )
    for place, (french, english) in _CAMERAS.items()
}
AHEAD = Form("+{seconds} s", "en avance de {seconds} s", "{seconds} s fast")
BEHIND = Form("-{seconds} s", "en retard de {seconds} s", "{seconds} s slow")
TOLD_OF = Form("tells of {at}", "raconte un fait daté du {at} UTC", "tells of something at {at} UTC")
TAKEN = Form("{inside} / {places}", "{inside} véhicules pour {places} places", "{inside} vehicles for {places} places")
AWAY = Form("{since} - {until} UTC", "absente de {since} à {until} UTC", "away from {since} to {until} UTC")
FORMS: Mapping[str, tuple[Form, ...]] = {
    AlarmKind.CAMERA_MISREADS: (*READ_LESS.values(),),
    AlarmKind.CLOCK_OFF: (AHEAD, BEHIND, TOLD_OF),
    AlarmKind.PARKING_FULL: (TAKEN,),
    AlarmKind.DATABASE_LOST: (AWAY,),
    AlarmKind.CONTROLLER_DRIFT: (LISTS_APART,),
    AlarmKind.RESYNC_DIFFERENCE: (INSIDE_APART,),
    AlarmKind.CONTRACT_DRIFT: (OTHER_QOS, LOOP, RETAINED, NOT_RETAINED),
    AlarmKind.PAYMENT_MISMATCH: (NOT_ORDERED, *NOT_COUNTED.values(), *LEDGER.values()),
}
