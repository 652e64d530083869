"""From a host's name to a connected socket, without ever blocking the loop.

paho would resolve, connect and shake hands with the whole process waiting.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Callable
from typing import Any

Watch = Callable[..., Any]


async def dial(host: str, port: int, tls: ssl.SSLContext | None) -> socket.socket:
    """A non-blocking connected socket, behind TLS when `tls` is given. Raises OSError (TLS and DNS errors are some)."""
    failure = OSError(f"{host} has no address")
    for family, address in await _addresses(host, port):
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            await asyncio.get_running_loop().sock_connect(sock, address)
            # Without it an acknowledgement waits up to 40 ms for the peer's answer to the one before.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            sock.close()
            failure = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock if tls is None else await _secured(sock, tls, host)
    raise failure


async def _addresses(host: str, port: int) -> list[tuple[int, Any]]:
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return [(family, address) for family, _, _, _, address in found]
    return [(socket.AF_INET if literal.version == 4 else socket.AF_INET6, (host, port))]


async def _secured(sock: socket.socket, tls: ssl.SSLContext, host: str) -> ssl.SSLSocket:
    loop = asyncio.get_running_loop()
    try:
        secured = tls.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
    except BaseException:
        sock.close()
        raise
    try:
        while True:
            try:
                secured.do_handshake()
            except ssl.SSLWantReadError:
                await _ready(secured.fileno(), loop.add_reader, loop.remove_reader)
            except ssl.SSLWantWriteError:
                await _ready(secured.fileno(), loop.add_writer, loop.remove_writer)
            else:
                return secured
    except BaseException:
        secured.close()
        raise


async def _ready(descriptor: int, watch: Watch, unwatch: Watch) -> None:
    ready = asyncio.get_running_loop().create_future()

    def tell() -> None:
        if not ready.done():
            ready.set_result(None)

    watch(descriptor, tell)
    try:
        await ready
    finally:
        unwatch(descriptor)
