# Two commands on a fresh machine: `make run`, `make test`. Needs Python 3.11 or newer, and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
LOCK_TOOLS := build/lock-tools
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
# What the lock files are made from; where packages come from is this machine's affair and stays out of them.
LOCK := CUSTOM_COMPILE_COMMAND="make lock" $(LOCK_TOOLS)/bin/pip-compile --quiet --generate-hashes --strip-extras \
	--allow-unsafe --all-build-deps --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options
# Both, into folder $(1): all there is, then what the image runs on, in the versions of the first.
lock = echo "==> requirements.lock, requirements.image.lock"; { \
	$(LOCK) --extra test --extra embedded --output-file $(1)/requirements.lock setup.cfg && \
	$(LOCK) --no-annotate --constraint $(1)/requirements.lock --output-file $(1)/requirements.image.lock setup.cfg; \
	} 2> build/lock.log || { cat build/lock.log; exit 1; }
# One line that moves on with each package; a plain line for every twentieth where there is no terminal.
PROGRESS := $(BIN)/python -uc 'import sys; tty = sys.stdout.isatty(); \
	told = (line for line in sys.stdin if line.startswith("Collecting ") or \
	line.startswith("Installing ") and print("\n" * tty + "==> unpacking them: a minute on a slow disk")); \
	[print(f"    {n}: {line.split()[1]:<60}", end="\r" if tty else "\n") for n, line in enumerate(told, 1) \
	if tty or n % 20 == 0]'
.DEFAULT_GOAL := help
.PHONY: help install run test check bench lock check-lock

help: ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

install: $(INSTALLED) ## make .venv, with everything the lock file names

run: $(INSTALLED) ## start everything with two simulated sites, and print a login link and lines to paste; Ctrl-C stops it; data stays in .syspark
	@exec $(BIN)/syspark demo

test: $(INSTALLED) ## run all tests, some files side by side
	@echo "==> tests"
	@$(BIN)/python -m tests

check: $(INSTALLED) ## lint, formatting, types, import layers
	@echo "==> lint"
	@$(BIN)/ruff check
	@echo "==> formatting"
	@$(BIN)/ruff format --check
	@echo "==> types"
	@$(BIN)/mypy
	@echo "==> import layers"
	@$(BIN)/lint-imports

bench: $(INSTALLED) ## measure every part of the service beside its floor (some minutes); docs/performance.md tells what was measured last
	@exec $(BIN)/syspark bench

lock: $(LOCK_TOOLS)/.installed ## resolve the dependencies of setup.cfg again, keeping pins that still fit
	@$(call lock,.)

check-lock: $(LOCK_TOOLS)/.installed ## fail when a lock file does not answer setup.cfg any more
	@cp requirements.lock requirements.image.lock build/
	@$(call lock,build)
	@for name in requirements.lock requirements.image.lock; do diff -u $$name build/$$name \
		|| { echo "$$name is out of date: run 'make lock'"; exit 1; }; done

$(INSTALLED): requirements.lock setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "SysPark needs Python 3.11 or newer; name one with: make $(MAKECMDGOALS) PYTHON=python3.11"; exit 1; }
	@echo "==> making $(VENV)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "==> installing $$(grep -c '==' requirements.lock) packages (the first time they are downloaded)"
	@rm -f $(VENV)/.failed
	@{ $(PIP) install --progress-bar off --require-hashes -r requirements.lock || touch $(VENV)/.failed; } | $(PROGRESS)
	@test ! -e $(VENV)/.failed
	@echo "==> installing syspark"
	@$(PIP) install --quiet --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(LOCK_TOOLS)/.installed:
	@echo "==> making $(LOCK_TOOLS)"
	@$(PYTHON) -m venv $(LOCK_TOOLS)
	@$(LOCK_TOOLS)/bin/python -m pip --disable-pip-version-check install --quiet --quiet pip-tools==7.6.2
	@touch $@
