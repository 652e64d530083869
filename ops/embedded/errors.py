"""What can go wrong with the embedded servers, each with a sentence for the person who started them."""


class EmbeddedError(Exception):
    """An embedded server cannot be used; the text says why and what to do about it."""


class NotInstalledError(EmbeddedError):
    """The package that carries the server's program is not installed."""


class AlreadyRunningError(EmbeddedError):
    """Another process holds the data folder; the text names that process and the folder."""


class StartError(EmbeddedError):
    """The server did not become ready, or what an earlier run left behind cannot be cleared safely."""
