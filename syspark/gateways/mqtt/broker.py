"""The broker of the settings, as the links see it."""

import asyncio
import os
import ssl
from dataclasses import dataclass, field
from pathlib import Path

from paho.mqtt.enums import MQTTProtocolVersion

from syspark.errors import Unavailable
from syspark.gateways.mqtt.connection import PahoConnection
from syspark.gateways.mqtt.dialling import dial
from syspark.gateways.mqtt.wire import Wire
from syspark.ports import BrokerConnection, LinkEvents
from syspark.settings.model import MqttVersion

SESSION_EXPIRY_S = 7 * 24 * 3600
_PROTOCOLS = {MqttVersion.V5: MQTTProtocolVersion.MQTTv5, MqttVersion.V311: MQTTProtocolVersion.MQTTv311}


@dataclass
class PahoBroker:
    """`Broker` by paho. `ca_file` replaces the system's authorities; a dead broker is noticed after two keep-alives.

    The file of authorities is read at once. Raises OSError when it cannot be.
    """

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = False
    ca_file: Path | None = None
    version: MqttVersion = MqttVersion.V5
    keepalive_s: int = 10
    connect_timeout_s: float = 10.0

    def __post_init__(self) -> None:
        self._context = ssl.create_default_context(cafile=self.ca_file) if self.tls else None

    async def connect(self, client_id: str, events: LinkEvents, *, lasting: bool = True) -> BrokerConnection:
        """Open a connection, see `Broker.connect`; DNS, TCP, TLS and the broker's answer have one time limit together.

        Raises `Unavailable` saying what the broker or network answered.
        """
        try:
            async with asyncio.timeout(self.connect_timeout_s):
                return await self._open(client_id, events, SESSION_EXPIRY_S if lasting else 0)
        except TimeoutError as error:
            raise Unavailable("broker", because=f"no answer within {self.connect_timeout_s:g} s") from error
        except OSError as error:
            raise Unavailable("broker", because=_words(error)) from error

    async def _open(self, client_id: str, events: LinkEvents, session_expiry_s: int) -> BrokerConnection:
        wire = Wire(await dial(self.host, self.port, self._context))
        lasting = session_expiry_s > 0
        connection = PahoConnection(wire, client_id, _PROTOCOLS[self.version], events, lasting=lasting)
        try:
            await connection.open(
                self.username, self.password, keepalive_s=self.keepalive_s, session_expiry_s=session_expiry_s
            )
        except BaseException:
            connection.drop("not opened")
            raise
        return connection


def _words(error: OSError) -> str:
    if isinstance(error, ConnectionError) and error.errno is not None:
        return os.strerror(error.errno)  # asyncio's own words name the call that failed, not why
    return error.strerror or str(error)
