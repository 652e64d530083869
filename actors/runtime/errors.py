"""What the runtime raises, beside pykka's own ``ActorDeadError`` and ``Timeout``."""


class MailboxFull(Exception):  # noqa: N818 - a state of the recipient, named like queue.Full
    """The recipient's memory queue is at its bound and the message was not taken.

    Raised to whoever calls ``tell`` or ``ask``: that one knows whether the message is a row that will be read again
    or is lost.
    """


class WouldBlockError(RuntimeError):
    """A blocking call was made on the event loop's thread, where it could only stop the loop. Use ``await``."""


class HandlerCancelledError(RuntimeError):
    """A handler awaited something that somebody else cancelled.

    A bug of the handler, not a request to end the actor.
    """


class EscalatedError(RuntimeError):
    """An actor failed too often in too short a time; it was given up and its parent was told."""


class ClosedError(RuntimeError):
    """The directory or the owner of tasks is closed: the process is draining and takes no new work."""
