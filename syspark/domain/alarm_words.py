"""What people read of an alarm, in French and English: what is wrong, and what to do about it.

They stand here and not among the pages' texts because the notifier, which knows no pages, says the same.
"""

from collections.abc import Mapping
from typing import NamedTuple

from syspark.domain.alarm_book import News
from syspark.domain.alarm_kind import AlarmKind, Severity
from syspark.domain.policy import Language


class Words(NamedTuple):
    """What is wrong, and what to do."""

    title: str
    todo: str


FRENCH: Mapping[AlarmKind, Words] = {
    AlarmKind.SENSOR_FAULT: Words(
        "Capteur en défaut",
        "La voie fonctionne comme sans capteur. Nettoyez le capteur, vérifiez son câble, puis son alimentation.",
    ),
    AlarmKind.DEVICE_FAULT: Words(
        "Équipement en défaut", "Lisez le texte de l'erreur sur la page du site et faites intervenir la maintenance."
    ),
    AlarmKind.DEVICE_STALE: Words("Équipement irrégulier", "Rien pour l'instant : s'il se tait, vous en serez averti."),
    AlarmKind.DEVICE_OFFLINE: Words(
        "Équipement muet", "Vérifiez son alimentation et son câble réseau ; débranchez-le et rebranchez-le une fois."
    ),
    AlarmKind.SITE_OFFLINE: Words(
        "Site hors ligne",
        "Le site fonctionne seul. Vérifiez sa box internet ; appelez l'opérateur télécom si elle est éteinte ou rouge.",
    ),
    AlarmKind.CAMERA_MISREADS: Words(
        "La caméra lit mal",
        "Nettoyez l'objectif, vérifiez l'éclairage et l'orientation ; regardez la revue des lectures.",
    ),
    AlarmKind.CLOCK_OFF: Words("Horloge fausse", "Vérifiez le serveur de temps de cet équipement."),
    AlarmKind.CONTROLLER_DRIFT: Words(
        "Liste de badges différente",
        "Le contrôleur n'a pas la liste voulue depuis 5 minutes. Comparez les deux listes à la page Équipements.",
    ),
    AlarmKind.CONTRACT_DRIFT: Words(
        "Messages inhabituels", "La configuration du pont ou du firmware a changé : montrez ceci à l'installateur."
    ),
    AlarmKind.TOPIC_SILENT: Words(
        "Un équipement ne signale plus rien",
        "Le reste du site voit passer des véhicules, lui non. Vérifiez son capteur, son câble et sa configuration.",
    ),
    AlarmKind.REJECTED_BURST: Words(
        "Beaucoup de messages refusés", "Regardez les derniers messages refusés du site : un équipement est mal réglé."
    ),
    AlarmKind.RADIO_EMERGENCY: Words(
        "Appel d'urgence par radio",
        "Appelez le site ou envoyez quelqu'un tout de suite ; au besoin, appelez les secours.",
    ),
    AlarmKind.EVACUATION: Words(
        "Évacuation", "Les deux voies sont ouvertes. Laissez-les ainsi ; la fin se confirme sur place."
    ),
    AlarmKind.VEHICLE_WAITING: Words(
        "Un véhicule attend", "Ouvrez la page du site : la carte de la voie dit pourquoi elle reste fermée."
    ),
    AlarmKind.HELP_ASKED: Words(
        "Un conducteur demande de l'aide", "Répondez-lui ; sans réponse, la voie s'ouvrira d'elle-même."
    ),
    AlarmKind.BARRIER_NOT_CONFIRMED: Words(
        "La barrière n'a pas répondu", "Regardez si le véhicule est passé. Sinon, ouvrez de nouveau ou sur place."
    ),
    AlarmKind.COMMAND_EXPIRED: Words(
        "Ordre arrivé trop tard", "Le conducteur attend peut-être encore : regardez la voie et ouvrez si besoin."
    ),
    AlarmKind.UNEXPLAINED_OPENING: Words(
        "Ouverture inexpliquée", "Regardez la photo et le journal de la voie : clé, défaut ou passage sans droit."
    ),
    AlarmKind.PARKING_FULL: Words(
        "Parking complet", "Vérifiez le compte ; fermez les visites fantômes si des places sont libres."
    ),
    AlarmKind.PASSBACK: Words(
        "Badge passé deux fois", "Vérifiez si le badge est prêté ; sinon, corrigez la visite restée ouverte."
    ),
    AlarmKind.PIN_GUESSED: Words(
        "Trop de sorties par code devinées", "Vérifiez les visites par code du jour et fermez celles qui sont parties."
    ),
    AlarmKind.PORTAL_GUESSING: Words(
        "Plaques essayées sur le portail",
        "Quelqu'un essaie des plaques ou des codes : il est ralenti. Bloquez l'adresse notée au journal technique.",
    ),
    AlarmKind.PAYMENT_MISMATCH: Words("Paiement à vérifier", "Ouvrez la page Paiements et traitez la différence."),
    AlarmKind.WEBHOOK_SILENT: Words(
        "Le prestataire de paiement se tait", "Vérifiez l'adresse de notification dans son tableau de bord."
    ),
    AlarmKind.REFUND_FAILED: Words(
        "Remboursement non abouti", "Ouvrez le séjour et remboursez autrement : le prestataire a refusé."
    ),
    AlarmKind.PAYMENT_DISPUTED: Words(
        "Paiement contesté", "Répondez dans le tableau de bord du prestataire ; les preuves du séjour sont gardées."
    ),
    AlarmKind.PAYMENTS_DOWN: Words(
        "Paiement impossible", "Les sorties s'ouvrent d'elles-mêmes, la dette est notée ; voyez l'état du prestataire."
    ),
    AlarmKind.RESYNC_DIFFERENCE: Words(
        "Site et serveur diffèrent", "La page du site liste les différences : tranchez chacune d'elles."
    ),
    AlarmKind.BROKER_LOST: Words(
        "Courtier de messages injoignable", "Les sites fonctionnent seuls. Vérifiez le serveur MQTT et son certificat."
    ),
    AlarmKind.BROKER_SESSION_LOST: Words(
        "Le courtier a perdu notre file", "Des messages ont pu se perdre : comparez comptes et listes des sites."
    ),
    AlarmKind.DATABASE_LOST: Words(
        "Base de données injoignable", "Rien n'est perdu : les messages attendent au courtier. Vérifiez PostgreSQL."
    ),
    AlarmKind.MESSAGE_PARKED: Words(
        "Un message n'a pas pu être traité", "syspark rejected le montre ; réessayez-le ou abandonnez-le avec un motif."
    ),
    AlarmKind.CHAIN_BROKEN: Words(
        "Journal altéré", "Ne modifiez rien : lancez syspark audit verify et prévenez le responsable."
    ),
}

ENGLISH: Mapping[AlarmKind, Words] = {
    AlarmKind.SENSOR_FAULT: Words(
        "Sensor at fault",
        "The lane works as if it had no sensor. Clean the sensor, check its cable, then its power.",
    ),
    AlarmKind.DEVICE_FAULT: Words("Device at fault", "Read the error on the site's page and call maintenance."),
    AlarmKind.DEVICE_STALE: Words("Device irregular", "Nothing yet: you will be told if it falls silent."),
    AlarmKind.DEVICE_OFFLINE: Words(
        "Device silent", "Check its power and its network cable; unplug it and plug it in again once."
    ),
    AlarmKind.SITE_OFFLINE: Words(
        "Site offline",
        "The site works alone. Check its internet box; call the telecom operator if it is dark or red.",
    ),
    AlarmKind.CAMERA_MISREADS: Words(
        "Camera reads badly", "Clean the lens, check light and direction; look at the review of its readings."
    ),
    AlarmKind.CLOCK_OFF: Words("Clock is wrong", "Check the time server of this device."),
    AlarmKind.CONTROLLER_DRIFT: Words(
        "Badge list differs",
        "The controllers have lacked the wanted list for 5 minutes. Compare both lists on the page Equipment.",
    ),
    AlarmKind.CONTRACT_DRIFT: Words(
        "Unusual messages", "The configuration of the bridge or firmware has changed: show this to the installer."
    ),
    AlarmKind.TOPIC_SILENT: Words(
        "A device reports nothing any more",
        "The rest of the site sees vehicles pass, this one does not. Check its sensor, its cable and its settings.",
    ),
    AlarmKind.REJECTED_BURST: Words(
        "Many messages refused", "Look at the site's latest refused messages: a device is set up wrongly."
    ),
    AlarmKind.RADIO_EMERGENCY: Words(
        "Emergency call by radio", "Call the site or send somebody at once; call the emergency services if needed."
    ),
    AlarmKind.EVACUATION: Words("Evacuation", "Both lanes are open. Leave them so; its end is confirmed on site."),
    AlarmKind.VEHICLE_WAITING: Words(
        "A vehicle waits", "Open the site's page: the card of the lane says why it stays closed."
    ),
    AlarmKind.HELP_ASKED: Words("A driver asks for help", "Answer; without an answer the lane opens by itself."),
    AlarmKind.BARRIER_NOT_CONFIRMED: Words(
        "The barrier did not answer", "See whether the vehicle has passed. If not, open again, or on site."
    ),
    AlarmKind.COMMAND_EXPIRED: Words(
        "Command came too late", "The driver may wait still: look at the lane and open if needed."
    ),
    AlarmKind.UNEXPLAINED_OPENING: Words(
        "Unexplained opening", "Look at the lane's photo and journal: a key, a fault, or a passage without right."
    ),
    AlarmKind.PARKING_FULL: Words("Car park full", "Check the count; close ghost visits if places are free."),
    AlarmKind.PASSBACK: Words(
        "Badge passed twice", "Check whether the badge is lent; if not, correct the visit left open."
    ),
    AlarmKind.PIN_GUESSED: Words(
        "Too many guessed exits by code", "Check today's visits by code and close those that have left."
    ),
    AlarmKind.PORTAL_GUESSING: Words(
        "Plates tried on the portal",
        "Somebody is trying plates or codes: they are slowed down. Block the address that the log names.",
    ),
    AlarmKind.PAYMENT_MISMATCH: Words("Payment to check", "Open the page Payments and settle the difference."),
    AlarmKind.WEBHOOK_SILENT: Words("Payment provider is silent", "Check the webhook address in its dashboard."),
    AlarmKind.REFUND_FAILED: Words(
        "Refund did not arrive", "Open the session and give the money back otherwise: the provider refused."
    ),
    AlarmKind.PAYMENT_DISPUTED: Words(
        "Payment disputed", "Answer in the provider's dashboard; the stay's evidence is kept."
    ),
    AlarmKind.PAYMENTS_DOWN: Words(
        "Nobody can pay", "Exits open by themselves and the debt is recorded; see the provider's status."
    ),
    AlarmKind.RESYNC_DIFFERENCE: Words(
        "Site and server differ", "The site's page lists the differences: decide each of them."
    ),
    AlarmKind.BROKER_LOST: Words(
        "Message broker unreachable", "The sites work alone. Check the MQTT server and its certificate."
    ),
    AlarmKind.BROKER_SESSION_LOST: Words(
        "The broker has lost our queue", "Messages may be lost: compare counts and lists of the sites."
    ),
    AlarmKind.DATABASE_LOST: Words(
        "Database unreachable", "Nothing is lost: messages wait at the broker. Check PostgreSQL."
    ),
    AlarmKind.MESSAGE_PARKED: Words(
        "A message could not be handled", "syspark rejected shows it; retry it or drop it with a reason."
    ),
    AlarmKind.CHAIN_BROKEN: Words(
        "Journal tampered with", "Change nothing: run syspark audit verify and tell whoever is responsible."
    ),
}

WORDS: Mapping[Language, Mapping[AlarmKind, Words]] = {Language.FRENCH: FRENCH, Language.ENGLISH: ENGLISH}

SEVERITIES: Mapping[Language, Mapping[Severity, str]] = {
    Language.FRENCH: {Severity.INFO: "INFO", Severity.WARNING: "ATTENTION", Severity.CRITICAL: "URGENT"},
    Language.ENGLISH: {Severity.INFO: "INFO", Severity.WARNING: "WARNING", Severity.CRITICAL: "URGENT"},
}

NEWS: Mapping[Language, Mapping[News, str]] = {
    Language.FRENCH: {
        News.RAISED: "",
        News.WORSE: "aggravée",
        News.FLAPPING: "va et vient",
        News.ESCALATED: "toujours sans réponse",
        News.CLEARED: "terminée",
    },
    Language.ENGLISH: {
        News.RAISED: "",
        News.WORSE: "worse",
        News.FLAPPING: "comes and goes",
        News.ESCALATED: "still unanswered",
        News.CLEARED: "over",
    },
}

_FRENCH_PLACES = {"entry": "entrée", "exit": "sortie"}


def named(about: str, language: Language) -> str:
    """What an alarm is about, for people: lanes have names of their own, all else is called as it is."""
    return _FRENCH_PLACES.get(about, about) if language is Language.FRENCH else about
