"""The embedded broker's own process: `python -m ops.embedded.broker_process`, settings on its standard input.

It has a process of its own because rumqttd cannot be stopped otherwise. Standard input stays open as long as the
supervisor lives; when it closes, also by `kill -9`, the broker ends.
"""

import logging
import os
import signal
import sys
import tempfile
import threading
from pathlib import Path

from iotcore import IotCoreBroker


def main() -> None:
    """Serve until the supervisor is gone or SIGTERM comes. Ctrl-C is for the application, which drains first."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.basicConfig(level=logging.WARNING, format="embedded broker: %(message)s")
    logging.getLogger("rumqttd").setLevel(logging.CRITICAL)  # it reports every packet as an error
    length = int(sys.stdin.buffer.readline())
    with tempfile.TemporaryDirectory(prefix="syspark-") as folder:
        settings = Path(folder) / "rumqttd.toml"
        settings.write_bytes(sys.stdin.buffer.read(length))
        broker = IotCoreBroker(config_path=str(settings))
    threading.Thread(target=_end_with_supervisor, daemon=True, name="supervisor-watch").start()
    broker.run_forever()


def _end_with_supervisor() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main()
