"""An MQTT broker in memory, with the sessions, redeliveries and faults that a link must live with.

For tests and for the developers' harness; it passes the same contract suite as the paho gateway on a real broker.
Everything happens on the running loop's next turns, in the order it was asked for.
"""

from syspark.gateways.memory_broker.broker import MemoryBroker
from syspark.gateways.memory_broker.connection import MemoryConnection
from syspark.gateways.memory_broker.messages import Message, Watcher

__all__ = ["MemoryBroker", "MemoryConnection", "Message", "Watcher"]
