"""The image's HEALTHCHECK: asks this container's `/healthz`; exit 0 when it answers 200.

Standard library only, since it starts every few seconds: HOST and PORT are read here as the settings read them.
"""

import os
import sys
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException

PORT = 8080
TIMEOUT_S = 3.0
EVERYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - listened on, and how to reach it


def answer(environ: Mapping[str, str]) -> int:
    """The status of `/healthz`. Raises OSError, HTTPException and ValueError when there is none."""
    host = environ.get("HOST", "").strip()
    port = int(environ.get("PORT", "").strip() or PORT)
    connection = HTTPConnection(EVERYWHERE.get(host, host), port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status
    finally:
        connection.close()


def main(environ: Mapping[str, str]) -> int:
    """Say what `/healthz` answers, and return the exit code."""
    try:
        status = answer(environ)
    except (OSError, HTTPException, ValueError) as error:
        sys.stderr.write(f"/healthz does not answer: {error}\n")
        return 1
    sys.stdout.write(f"/healthz answers {status}\n")
    return 0 if status == 200 else 1


if __name__ == "__main__":
    sys.exit(main(os.environ))
