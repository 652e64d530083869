"""A socket that reads and writes in gulps.

paho reads a packet in three small `recv` and writes each with one `send`: system calls are most of its cost. It also
reads as many packets at a time as it has messages in flight, which a gulp bounds.
"""

import socket
import ssl
from contextlib import suppress

GULP_BYTES = 4096
_NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Wire:
    """What paho sees as its socket: its `SocketLike`. `fill` and `flush` alone touch the real one."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._in = b""
        self._taken = 0
        self._out = bytearray()
        self._no_more_in: OSError | None = None
        self._no_more_out: OSError | None = None
        self.ended_by_peer = False

    def fileno(self) -> int:
        """The real socket's descriptor; -1 once closed."""
        return self._sock.fileno()

    def setblocking(self, flag: bool) -> None:
        """It never blocks."""

    @property
    def readable(self) -> bool:
        """Whether `recv` has something to give: bytes, an end or an error."""
        return self._taken < len(self._in) or self._no_more_in is not None or self.ended_by_peer

    @property
    def unsent(self) -> bool:
        """Whether something that paho takes for written still waits here."""
        return bool(self._out)

    @property
    def cannot_send(self) -> bool:
        """Whether sending has failed for good; what the peer had sent before may still be read."""
        return self._no_more_out is not None

    @property
    def more_behind(self) -> bool:
        """Whether TLS holds decrypted bytes, of which the loop's selector knows nothing."""
        return isinstance(self._sock, ssl.SSLSocket) and self._sock.fileno() >= 0 and self._sock.pending() > 0

    @property
    def trouble(self) -> str:
        """What ended it, in words; empty while all is well."""
        if (error := self._no_more_in or self._no_more_out) is not None:
            return str(error) or type(error).__name__
        return "the broker closed the connection" if self.ended_by_peer else ""

    def fill(self) -> None:
        """Take one gulp from the real socket."""
        if self.readable:
            return
        try:
            self._in, self._taken = self._sock.recv(GULP_BYTES), 0
        except _NOT_NOW:
            return
        except OSError as error:
            self._no_more_in = error
            return
        self.ended_by_peer = not self._in

    def flush(self) -> None:
        """Send what the real socket takes of what paho wrote."""
        if not self._out or self._no_more_out is not None:
            return
        try:
            del self._out[: self._sock.send(self._out)]
        except _NOT_NOW:
            return
        except OSError as error:
            self._no_more_out = error

    def recv(self, buffer_size: int) -> bytes:
        """Up to `buffer_size` bytes of the gulp. Raises BlockingIOError when it is used up, OSError when it is over."""
        if self._taken < len(self._in):
            part = self._in[self._taken : self._taken + buffer_size]
            self._taken += len(part)
            return part
        if self._no_more_in is not None:
            raise self._no_more_in
        if self.ended_by_peer:
            return b""
        raise BlockingIOError

    def send(self, buffer: bytes | bytearray) -> int:
        """Take everything for the next `flush`. Raises OSError when it is over."""
        if self._no_more_out is not None:
            raise self._no_more_out
        self._out += buffer
        return len(buffer)

    def close(self) -> None:
        """Send what can be sent at once, and hang up."""
        if self._sock.fileno() < 0:
            return
        self.flush()
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()
