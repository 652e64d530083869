"""paho's client as this service needs it, and the few MQTT 5 properties it sends."""

from functools import lru_cache

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from syspark.gateways.mqtt.wire import Wire

IN_FLIGHT_MAX = 65_535  # paho keeps what exceeds its window and sends it late: the window is all there is


class WiredClient(Client):
    """paho with acknowledgements of our own, on a socket that is connected already: paho would block to connect it."""

    def __init__(self, wire: Wire, client_id: str, version: MQTTProtocolVersion, *, lasting: bool) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id,
            clean_session=None if version is MQTTProtocolVersion.MQTTv5 else not lasting,
            protocol=version,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        self.max_inflight_messages = IN_FLIGHT_MAX
        self.suppress_exceptions = True  # one that passed through paho would make it read the same packet for ever
        self._wire = wire
        self._lasting = lasting

    def greet(self, *, keepalive_s: int, session_expiry_s: int) -> None:
        """Queue CONNECT for a session that outlives the connection, if it is a lasting one: by `session_expiry_s` in
        MQTT 5, else for good.
        """
        if self.protocol is MQTTProtocolVersion.MQTTv5:
            kept = _properties(PacketTypes.CONNECT)
            kept.SessionExpiryInterval = session_expiry_s
            self.connect("broker", keepalive=keepalive_s, clean_start=not self._lasting, properties=kept)
        else:
            self.connect("broker", keepalive=keepalive_s)

    def _create_socket(self) -> Wire:
        return self._wire


@lru_cache(maxsize=128)
def expiring_in(seconds: int) -> Properties:
    """The properties of a message that its broker drops after `seconds`."""
    properties = _properties(PacketTypes.PUBLISH)
    properties.MessageExpiryInterval = seconds
    return properties


def _properties(packet_type: int) -> Properties:
    return Properties(packet_type)  # type: ignore[no-untyped-call]  # paho types all of it but this
