"""How a new site is laid out until somebody says otherwise: what the v1 equipment of the field is."""

from syspark.domain.units import DeviceName, Lane

STANDARD_SENSORS = frozenset({Lane.ENTRY})
"""V1 has one presence sensor a site; it watches the entry."""

STANDARD_DEVICES: tuple[tuple[DeviceName, Lane | None], ...] = (
    (DeviceName("sensor_gate"), Lane.ENTRY),
    (DeviceName("barriere"), Lane.EXIT),
    (DeviceName("barriere_entree"), Lane.ENTRY),
    (DeviceName("display"), None),
    (DeviceName("payment"), Lane.EXIT),
    (DeviceName("acl"), None),
    (DeviceName("config"), None),
    (DeviceName("vision"), None),
    (DeviceName("ascenseur"), None),
    (DeviceName("radio"), None),
    (DeviceName("bridge"), None),
)
"""Devices by their name, which is their family, with the lane each stands on."""
