"""SysPark: what the cloud of a car park knows (domain, contract, persistence, gateways, settings)."""

__version__ = "0.1.0"
