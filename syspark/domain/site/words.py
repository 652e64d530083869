"""What drivers read on a site's displays, in the languages its policy names. Capitals and plain ASCII: boards of the
first generation have nothing else, and 63 characters at most.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from syspark.domain.access import Refusal
from syspark.domain.policy import Language, SitePolicy


@dataclass(frozen=True, slots=True)
class Words:
    """One text in each language."""

    fr: str
    en: str

    def said(self, policy: SitePolicy) -> str:
        """The text as this site's displays show it, one language after the other."""
        by_language = {Language.FRENCH: self.fr, Language.ENGLISH: self.en}
        return " / ".join(dict.fromkeys(by_language[language] for language in policy.display_languages))


BADGE_AGAIN = Words(fr="BADGEZ A NOUVEAU", en="BADGE AGAIN")
BADGE_READ = Words(fr="BADGE LU", en="BADGE READ")
TO_PAY = Words(fr="A PAYER", en="TO PAY")
OUT_OF_ORDER = Words(fr="HORS SERVICE", en="OUT OF ORDER")
EVACUATION = Words(fr="EVACUATION", en="EVACUATION")

REFUSALS: Mapping[Refusal, Words] = {
    Refusal.UNKNOWN: Words(fr="BADGE INCONNU", en="UNKNOWN BADGE"),
    Refusal.BLOCKED: Words(fr="BADGE BLOQUE", en="BADGE BLOCKED"),
    Refusal.NOT_YET: Words(fr="BADGE PAS ENCORE VALABLE", en="BADGE NOT VALID YET"),
    Refusal.ENDED: Words(fr="BADGE EXPIRE", en="BADGE EXPIRED"),
    Refusal.FULL: Words(fr="PARKING COMPLET", en="CAR PARK FULL"),
    Refusal.PLATE_UNKNOWN: Words(fr="PLAQUE INCONNUE", en="UNKNOWN PLATE"),
    Refusal.OTHER_LANE: Words(fr="BADGE D UNE AUTRE VOIE", en="BADGE OF ANOTHER LANE"),
    Refusal.POOL_FULL: Words(fr="PLACES SOCIETE PRISES", en="COMPANY PLACES TAKEN"),
    Refusal.NO_VISITORS: Words(fr="ABONNES SEULEMENT", en="SUBSCRIBERS ONLY"),
    Refusal.CLOSED_HOURS: Words(fr="PARKING FERME", en="CAR PARK CLOSED"),
    Refusal.LANE_CLOSED: Words(fr="ENTREE FERMEE", en="ENTRY CLOSED"),
    Refusal.PASSED_BACK: Words(fr="BADGE DEJA ENTRE", en="BADGE ALREADY INSIDE"),
}
