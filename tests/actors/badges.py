"""Badges known at the default site, and topics of its field."""

from actors.testing import badge

BADGE = "parking/barriere"
PRESENT = "parking/sensor_gate/present"
ENTRY = "parking/barriere_entree/cmd"
EXIT = "parking/barriere/cmd"
DISPLAY = "parking/display/text"
PAYMENT = "parking/payment/req"

ALICE = badge("A1B2C3D4")
BOB = badge("0B0B0B0B")
VISITOR = badge("CAFE0001", "visitor")
UNKNOWN = "DEADBEEF"
