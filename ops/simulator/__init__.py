"""The field, simulated: sites whose equipment speaks as the real one does, and whose cars are known exactly.

The core is plain state machines on an agenda, stepped by time and by messages; `simulation` connects them to a broker.
The words on the wire are written by hand: a simulator that asked the product how to speak would agree with its errors.
"""
