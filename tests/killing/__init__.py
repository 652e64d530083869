"""The kill test: acknowledged events against real servers, with the worker killed at the worst instants.

`plan` says how much, `field` what the sites are, `generator` publishes and notes what was acknowledged, `edge` notes
what is executed, `shadow` what the broker itself still had, `evidence` reads the database, and `oracle` judges:
lost, double, late. `worker` is the product with ports that kill it; `scenario` runs everything.

    python -m tests.killing --events 20000 --kills 30
"""
