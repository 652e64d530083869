"""The operating floor: the command line and the only place that wires concrete drivers together."""
