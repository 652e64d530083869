"""The command `syspark`: one module per command group."""

from ops.cli.root import main

__all__ = ["main"]
