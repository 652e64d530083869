"""A site's edge broker: a second mosquitto with the bridge that the product writes, through a line that can be cut."""

from pathlib import Path
from types import TracebackType
from typing import Self

from syspark.contract.bridge import FIRMWARE_ROOT, Uplink, bridge
from syspark.contract.topics import DEFAULT_SITE
from syspark.contract.wiring import WiredSite
from syspark.domain.units import SiteId
from tests.servers.mosquitto import SITE, Mosquitto
from tests.servers.proxy import Proxy


class EdgeBroker:
    """`broker` is the site's mosquitto, `line` the proxy its bridge goes through."""

    def __init__(self, folder: Path, cloud: Mosquitto, *, site: str = DEFAULT_SITE) -> None:
        self.line = Proxy(cloud.port)
        self._folder = folder
        self._site = WiredSite(SiteId(site))
        self.broker: Mosquitto

    def start(self) -> Self:
        """Start the line, then the site's broker."""
        self.line.start()
        bridges = self._folder / "conf.d"
        bridges.mkdir(parents=True, exist_ok=True)
        (bridges / "cloud.conf").write_text(self._bridge())
        self.broker = Mosquitto(self._folder, base=SITE, settings={"include_dir": bridges})
        try:
            self.broker.start()
        except BaseException:
            self.line.close()
            raise
        return self

    def close(self) -> None:
        """Make sure both are gone."""
        self.broker.close()
        self.line.close()

    def _bridge(self) -> str:
        """As a site has it, but for TLS: the cloud's broker of a test lets everybody in, in the clear."""
        written = bridge(FIRMWARE_ROOT, self._site, Uplink(host="127.0.0.1", port=self.line.port, ca_file="none"))
        return "".join(line for line in written.splitlines(keepends=True) if not line.startswith("bridge_cafile "))

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
