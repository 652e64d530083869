"""pykka's actor model on an asyncio event loop: actors, supervision, timers, owned tasks, the watch
over the loop and the drain.

A worker actor derives from `AsyncioActor` (in pykka's registry) or `EntityActor` (in a `Directory`) and implements
``on_receive``, plain or as a coroutine.
"""

from actors.runtime.actor import AsyncioActor
from actors.runtime.blocking import BlockingActor
from actors.runtime.directory import Activation, Directory, EntityActor
from actors.runtime.drain import drain
from actors.runtime.errors import ClosedError, EscalatedError, HandlerCancelledError, MailboxFull, WouldBlockError
from actors.runtime.future import AsyncioFuture
from actors.runtime.keeper import Fail, Keeper
from actors.runtime.mailbox import Control, Mailbox
from actors.runtime.metrics import Counters
from actors.runtime.owned import Owned
from actors.runtime.ref import AsyncioRef, ask
from actors.runtime.service import Service
from actors.runtime.supervision import Fate, Key, RestartPolicy, Supervisor
from actors.runtime.timers import TimerHandle, Timers
from actors.runtime.watchdog import Hold, Watchdog

__all__ = [
    "Activation",
    "AsyncioActor",
    "AsyncioFuture",
    "AsyncioRef",
    "BlockingActor",
    "ClosedError",
    "Control",
    "Counters",
    "Directory",
    "EntityActor",
    "EscalatedError",
    "Fail",
    "Fate",
    "HandlerCancelledError",
    "Hold",
    "Keeper",
    "Key",
    "Mailbox",
    "MailboxFull",
    "Owned",
    "RestartPolicy",
    "Service",
    "Supervisor",
    "TimerHandle",
    "Timers",
    "Watchdog",
    "WouldBlockError",
    "ask",
    "drain",
]
