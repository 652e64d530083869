"""`python -m ops.cli`, the same as the command `syspark`."""

from ops.cli.root import main

main()
