"""Why a message from the field was refused, in words for the people of the site.

Source: contract.md, "Bad input". A refused message is acknowledged, counted by reason, kept with its secrets removed
(`redact`), and changes nothing else.
"""

import enum

import msgspec

from syspark.domain.policy import Language


class Reason(enum.StrEnum):
    """The closed list of reasons; the value is the metric's label and the stored word."""

    UNKNOWN_SITE = "unknown_site"
    UNKNOWN_FAMILY = "unknown_family"
    DOWN_TOPIC_FROM_SITE = "down_topic_from_site"
    BAD_TOPIC = "bad_topic"
    NOT_UTF8 = "not_utf8"
    NUL_BYTES = "nul_bytes"
    EMPTY = "empty"
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"
    DUPLICATE_KEY = "duplicate_key"
    NOT_FINITE = "not_finite"
    OUT_OF_RANGE = "out_of_range"
    RETAINED_FACT = "retained_fact"
    BAD_SECRET = "bad_secret"  # noqa: S105 - the name of a reason
    BAD_UID = "bad_uid"
    BAD_PLATE = "bad_plate"
    BAD_PAYLOAD = "bad_payload"
    FLOOD = "flood"
    TOO_OLD = "too_old"

    @property
    def explanation(self) -> str:
        """One sentence for a person who has to repair the publisher."""
        return self.explained(Language.ENGLISH)

    def explained(self, language: Language) -> str:
        """The same in a language."""
        return _FRENCH[self] if language is Language.FRENCH else _ENGLISH[self]


_ENGLISH = {
    Reason.UNKNOWN_SITE: "The topic names a site that does not exist here.",
    Reason.UNKNOWN_FAMILY: "The topic names a device or channel that the contract does not know.",
    Reason.DOWN_TOPIC_FROM_SITE: "Only the cloud publishes on this topic; a site sent a message there.",
    Reason.BAD_TOPIC: "The topic is outside the root, badly built, or holds wildcard or control characters.",
    Reason.NOT_UTF8: "The payload is not valid UTF-8 text.",
    Reason.NUL_BYTES: "The payload holds NUL bytes.",
    Reason.EMPTY: "The payload is empty.",
    Reason.TOO_LARGE: "The payload is larger than 64 KiB.",
    Reason.TOO_DEEP: "The JSON is nested deeper than 16 levels.",
    Reason.DUPLICATE_KEY: "A JSON object names the same key twice.",
    Reason.NOT_FINITE: "A number is NaN, infinite, or too large to be one.",
    Reason.OUT_OF_RANGE: "A number lies outside the range that makes sense for it.",
    Reason.RETAINED_FACT: "An event arrived as a retained message, so it may be of any age.",
    Reason.BAD_SECRET: "The site's secret is wrong or missing where one is required.",
    Reason.BAD_UID: "A badge number does not have 8 or 10 hexadecimal digits.",
    Reason.BAD_PLATE: "A number plate does not hold 2 to 15 letters A to Z and digits.",
    Reason.BAD_PAYLOAD: "The payload does not have the form this topic requires.",
    Reason.FLOOD: "The site publishes more than 200 messages a second.",
    Reason.TOO_OLD: "The event is older than the period in which duplicates can be recognised.",
}

_FRENCH = {
    Reason.UNKNOWN_SITE: "Le sujet nomme un site qui n'existe pas ici.",
    Reason.UNKNOWN_FAMILY: "Le sujet nomme un équipement ou un canal que le contrat ne connaît pas.",
    Reason.DOWN_TOPIC_FROM_SITE: "Seul le serveur publie sur ce sujet ; un site y a envoyé un message.",
    Reason.BAD_TOPIC: "Le sujet est hors de la racine, mal formé, ou a des jokers ou des caractères de contrôle.",
    Reason.NOT_UTF8: "Le contenu n'est pas un texte UTF-8 valable.",
    Reason.NUL_BYTES: "Le contenu a des octets nuls.",
    Reason.EMPTY: "Le contenu est vide.",
    Reason.TOO_LARGE: "Le contenu dépasse 64 Kio.",
    Reason.TOO_DEEP: "Le JSON a plus de 16 niveaux.",
    Reason.DUPLICATE_KEY: "Un objet JSON nomme deux fois la même clé.",
    Reason.NOT_FINITE: "Un nombre est NaN, infini, ou trop grand.",
    Reason.OUT_OF_RANGE: "Un nombre est hors de ses limites.",
    Reason.RETAINED_FACT: "Un événement est arrivé comme message conservé : son âge est inconnu.",
    Reason.BAD_SECRET: "Le secret du site est faux, ou manque là où il en faut un.",
    Reason.BAD_UID: "Un numéro de badge n'a pas 8 ou 10 chiffres hexadécimaux.",
    Reason.BAD_PLATE: "Une plaque n'a pas 2 à 15 lettres de A à Z et chiffres.",
    Reason.BAD_PAYLOAD: "Le contenu n'a pas la forme que ce sujet demande.",
    Reason.FLOOD: "Le site publie plus de 200 messages par seconde.",
    Reason.TOO_OLD: "L'événement est plus ancien que le temps pendant lequel un double est reconnu.",
}

DECIDED_BY_CALLER = frozenset({Reason.FLOOD, Reason.TOO_OLD})
"""Reasons that need memory, which parsing has not: the link finds them."""


class Rejection(msgspec.Struct, frozen=True):
    """A message that was refused. `detail` is one of our own phrases: it never repeats a value of the payload."""

    reason: Reason
    detail: str = ""


class UnreadableError(ValueError):
    """A payload cannot be read; stays inside the contract package, which turns it into its `rejection`."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.rejection = Rejection(reason, detail)
