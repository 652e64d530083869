"""How an operator knows what they put right, in words."""

from collections.abc import Mapping

from syspark.domain.corrections import Ground

GROUNDS: Mapping[str, str] = {
    Ground.PICTURE: "Seen on the picture",
    Ground.DRIVER: "The driver says so",
    Ground.ON_SITE: "Seen on site",
    Ground.RECORDS: "The records show it",
    Ground.TRIAL: "A trial or a mistake",
}
"""How an operator knows: one tap."""
