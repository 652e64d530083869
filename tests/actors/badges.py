"""Badges known at the default site, and topics of its field."""

from syspark.domain.units import SiteId
from syspark.rows import CredentialRow

BADGE = "parking/barriere"
PRESENT = "parking/sensor_gate/present"
ENTRY = "parking/barriere_entree/cmd"
EXIT = "parking/barriere/cmd"
DISPLAY = "parking/display/text"
PAYMENT = "parking/payment/req"


def badge(uid: str, plan: str = "subscriber", site: str = "default") -> CredentialRow:
    """A badge of a holder without a name."""
    return CredentialRow(uid=uid, site_id=SiteId(site), holder=f"holder of {uid}", plan=plan)


ALICE = badge("A1B2C3D4")
BOB = badge("0B0B0B0B")
VISITOR = badge("CAFE0001", "visitor")
UNKNOWN = "DEADBEEF"
