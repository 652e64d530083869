"""The proxy forwards, cuts, freezes and restores as it says."""

import socket
from collections.abc import Callable, Iterator

import pytest

from tests.servers.proxy import Proxy

MakeProxy = Callable[[int], Proxy]


@pytest.fixture
def far_end() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)
        yield server


def call(line: Proxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", line.port), timeout=5)


def test_forwards_both_ways(proxy: MakeProxy, far_end: socket.socket) -> None:
    line = proxy(far_end.getsockname()[1])
    with call(line) as near, far_end.accept()[0] as far:
        near.sendall(b"there")
        assert far.recv(10) == b"there"
        far.sendall(b"back")
        assert near.recv(10) == b"back"
        far.close()
        assert near.recv(10) == b""


def test_cut_resets_and_refuses_until_restored(proxy: MakeProxy, far_end: socket.socket) -> None:
    line = proxy(far_end.getsockname()[1])
    with call(line) as near, far_end.accept()[0] as far:
        line.cut()
        with pytest.raises(ConnectionResetError):
            near.recv(10)
        with pytest.raises(ConnectionResetError):
            far.recv(10)
    with pytest.raises(ConnectionRefusedError):
        call(line)
    line.restore()
    with call(line) as near, far_end.accept()[0] as far:
        near.sendall(b"again")
        assert far.recv(10) == b"again"
    assert line.accepted == 2


def test_frozen_line_swallows_and_delivers_later(proxy: MakeProxy, far_end: socket.socket) -> None:
    line = proxy(far_end.getsockname()[1])
    with call(line) as near, far_end.accept()[0] as far:
        line.freeze()
        near.sendall(b"late")
        far.settimeout(0.1)
        with pytest.raises(TimeoutError):
            far.recv(10)
        line.thaw()
        far.settimeout(5)
        assert far.recv(10) == b"late"
