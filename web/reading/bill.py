"""What a line of a quote is for, in words. Used wherever a quote is shown."""

from collections.abc import Mapping

from syspark.domain.tariff import CreditFor, QuoteLine, What
from web.sentence import Seconds, Sentence, said

_CREDITS: Mapping[str, str] = {
    CreditFor.QUEUE: said("Not counted, the exit was busy: {time}").id,
    CreditFor.OUTAGE: said("Not counted, out of order: {time}").id,
    CreditFor.EVACUATION: said("Not counted, evacuation: {time}").id,
    CreditFor.FREEZE: said("Not counted, waiting to pay: {time}").id,
}


def line_words(line: QuoteLine) -> Sentence:
    """What it is for; a word that only a newer release knows is shown as it is."""
    match line.what:
        case What.FREE:
            return said("Free time: {time}", time=Seconds(line.seconds))
        case What.CREDIT:
            text = _CREDITS.get(line.name, said("Not counted: {time}").id)
            return said(text, time=Seconds(line.seconds))
        case What.STEP:
            return said("Steps begun, {band}", band=line.name) if line.name else said("Steps begun")
        case What.BEYOND:
            return said("Steps begun beyond the longest stay")
        case What.PACKAGE:
            return said("Package {name}", name=line.name)
        case What.DAY:
            return said("Days begun, at most")
        case What.DISCOUNT:
            return said("Discount {name}", name=line.name)
        case What.ALREADY_PAID:
            return said("Paid already")
        case _:
            return said("{what}", what=line.what)
