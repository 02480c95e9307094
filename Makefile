# The verbs of this repository. `make` alone lists them.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
BIN := .venv/bin
CHECKED := gateway adapters tests

.PHONY: help
help: ## list these verbs
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

.PHONY: setup
setup: .venv/complete ## create .venv with the `gateway` command in it, from the lock file

.PHONY: demo
demo: setup ## start a sandbox, send Anträge through it, show every step, end with the ledger
	@$(BIN)/gateway demo

.PHONY: run
run: setup ## the same sandbox, which keeps serving and says what to try next
	@$(BIN)/gateway demo --keep

.PHONY: test
test: setup services ## run every test, against the embedded and the real servers
	@$(BIN)/pytest --numprocesses 2 --dist loadfile

.PHONY: check
check: setup ## format, lint, types, contracts
	@$(BIN)/ruff format --check $(CHECKED)
	@$(BIN)/ruff check $(CHECKED)
	@$(BIN)/mypy
	@$(BIN)/lint-imports

.PHONY: format
format: setup ## format the code and mend what can be mended
	@$(BIN)/ruff check --fix-only --quiet $(CHECKED)
	@$(BIN)/ruff format $(CHECKED)

.PHONY: drill
drill: setup ## the bad days at full size: killed processes, wiped broker, cut wires, mutants before Xerces
	@$(BIN)/python -m tests.services install --with-xerces
	@$(BIN)/python -m tests.drills

.PHONY: bench
bench: setup ## measure throughput and latency against a floor rig
	@$(BIN)/python -m tests.services install --with-load-generator
	@$(BIN)/python -m tests.benchmarks

.PHONY: services
services: setup ## install or find RabbitMQ, PostgreSQL and Prometheus; starts nothing
	@$(BIN)/python -m tests.services install

.PHONY: pictures
pictures: setup services ## take a picture of each page of the console into docs/pictures
	@$(BIN)/python -m tests.gateway.console.pictures

.PHONY: lock
lock: setup ## write the lock file after a change of pyproject.toml; UPGRADE=1 takes the newest of everything
	@env -u UV_FIND_LINKS UV_CUSTOM_COMPILE_COMMAND='make lock' $(BIN)/uv pip compile pyproject.toml \
		--extra schematron --group dev --group build --universal --python-version 3.11 $(if $(UPGRADE),--upgrade) --generate-hashes --quiet \
		--no-emit-index-url --no-emit-find-links --no-emit-build-options --output-file requirements.lock

.PHONY: clean
clean: ## remove what the verbs above have made
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis dist var
	@find $(CHECKED) -name __pycache__ -type d -prune -exec rm -rf {} +

# Debian keeps ensurepip in a package of its own; without it `venv` leaves half a folder behind.
.venv/complete: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit(1)' || \
		{ echo 'Python 3.11 or newer is needed. Name one: make setup PYTHON=python3.11' >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv >/dev/null 2>&1 || \
		{ $(SUDO) apt-get update -qq && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null \
			&& $(PYTHON) -m venv --clear .venv; }
	@echo 'Installing from requirements.lock …' >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input \
		--require-hashes --no-deps --only-binary :all: -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input \
		--no-deps --no-build-isolation -e .
	@touch $@
