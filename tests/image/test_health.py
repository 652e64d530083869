"""The image's HEALTHCHECK asks the container's own port, wherever it listens, and takes nothing but 200 for fine."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from ops.image import health
from syspark.settings import Settings


@contextmanager
def answering(status: int) -> Iterator[int]:
    """The port of a server that answers every request with a status, and any path but /healthz with 404."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("host", ["", "0.0.0.0", "127.0.0.1", "localhost"])
def test_200_is_healthy(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    with answering(200) as port:
        assert health.main({"PORT": str(port), "HOST": host}) == 0
    assert capsys.readouterr().out == "/healthz answers 200\n"


@pytest.mark.parametrize("status", [204, 404, 500, 503])
def test_anything_else_is_not(status: int) -> None:
    with answering(status) as port:
        assert health.main({"PORT": str(port)}) == 1


def test_nobody_there_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with answering(200) as port:
        pass
    assert health.main({"PORT": str(port)}) == 1
    assert capsys.readouterr().err.startswith("/healthz does not answer: ")


def test_a_port_that_is_none_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert health.main({"PORT": "http"}) == 1
    assert capsys.readouterr().err.startswith("/healthz does not answer: ")


def test_its_port_is_that_of_the_settings() -> None:
    assert Settings.load({"PORT": ""}).port == health.PORT
