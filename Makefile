# Timepost: every command that its developers and its users on one machine need.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -euo pipefail -c

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The name carries the lock's content, so that a changed lock is installed and an equal one is not.
LOCK_ID := $(shell cat requirements.lock pyproject.toml | cksum | cut -d' ' -f1)
READY := $(VENV)/.ready-$(LOCK_ID)
ONCE ?=
# How many test processes run side by side.
PROCESSES ?= 2
NAME ?=
CAPABILITY ?=

.PHONY: help
help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

$(READY): requirements.lock pyproject.toml
	@echo "Setting up $(VENV) (about a minute, once) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@rm -f $(VENV)/.ready-*
	@# The lock is complete. Looking for more, pip 23 stumbles over extras (`pydantic[email]`) of what
	@# has a newer version than the pinned one, and gives up.
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

.PHONY: setup
setup: $(READY) ## Create the virtual environment from the pinned lock

.PHONY: demo
demo: $(READY) ## Run the whole product on this machine with a real ERP (ONCE=1: stop after the table)
	@$(BIN)/timepost demo $(if $(ONCE),--once,)

.PHONY: test
test: check ## Everything that has to hold: the checks, then every test
	@$(BIN)/pytest -n $(PROCESSES) --dist loadgroup

.PHONY: properties
properties: $(READY) ## Random histories against a model ERP, other ones in every run (HISTORIES=500)
	@TIMEPOST_HISTORIES=$(or $(HISTORIES),500) $(BIN)/pytest process_apis/tests/properties -x

.PHONY: bench
bench: $(READY) ## Measure the whole product against a bare loop (SCENARIO=posting, tryton, ...)
	@$(BIN)/python -m tests.benchmarks --scenario $(or $(SCENARIO),posting)

.PHONY: chaos
chaos: $(READY) ## Break and kill everything, then count the ERPs' rows (SCENARIOS=n, SEED=s)
	@$(BIN)/python -m tests.chaos $(if $(SCENARIOS),--scenarios $(SCENARIOS),) $(if $(SEED),--seed $(SEED),)

.PHONY: check
check: $(READY) ## Style, types, tier rules, frozen contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/timepost contracts --check

.PHONY: format
format: $(READY) ## Let ruff lay out the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.PHONY: contracts
contracts: $(READY) ## Write every OpenAPI document under openapi/ anew
	@$(BIN)/timepost contracts

.PHONY: new-connector
new-connector: $(READY) ## Begin a connector (NAME=x CAPABILITY=time_tracking or erp); see docs/connectors.md
	@$(BIN)/timepost connectors new "$(NAME)" --capability "$(CAPABILITY)"

.PHONY: lock
lock: ## Pin the dependencies anew (requirements.lock)
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --generate-hashes --all-extras --universal --python-version 3.11 \
		--custom-compile-command "make lock" --upgrade pyproject.toml -o requirements.lock

.PHONY: clean
clean: ## Remove what runs have left (not the caches of what is expensive to build)
	@rm -rf .local .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
