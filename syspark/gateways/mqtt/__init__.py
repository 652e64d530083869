"""MQTT by paho, driven by the event loop: no thread of its own, one client object per connection.

`broker` opens connections, `dialling` makes the socket, `wire` gathers its small reads and writes, and `connection`
is the one place where paho's callbacks and the loop cross.
"""

from syspark.gateways.mqtt.broker import PahoBroker

__all__ = ["PahoBroker"]
