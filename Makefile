# Every command of the house. `make help` lists them.

.DEFAULT_GOAL := help
SHELL := /bin/sh
.DELETE_ON_ERROR:
.SUFFIXES:

VENV := .venv
BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/.installed-run
DEV_STAMP := $(VENV)/.installed-dev
BUF := build/buf/buf
PYTEST_ARGS ?=
# Where the shell forbids it, each of the processes that a demonstration or test starts would compile what it imports.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help
help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

$(RUN_STAMP): pyproject.toml hatch_build.py requirements.lock requirements-npm.lock scripts/setup.sh
	@sh scripts/setup.sh $(VENV) requirements.lock
	@touch $@

$(DEV_STAMP): pyproject.toml hatch_build.py requirements.lock requirements-dev.lock requirements-npm.lock scripts/setup.sh
	@sh scripts/setup.sh $(VENV) requirements-dev.lock
	@touch $(RUN_STAMP) $@

$(BUF): scripts/fetch_buf.sh
	@sh scripts/fetch_buf.sh $@

.PHONY: setup
setup: $(DEV_STAMP) ## Install what developers need into .venv, from the lock

.PHONY: demo
demo: $(RUN_STAMP) ## Install once and run the demonstration: two bureaus, a registry, a province
	@$(BIN)/xieban demo

.PHONY: test
test: $(DEV_STAMP) ## Run the whole test suite (no full-size trials); PICTURES=1 keeps the browser's pictures
	$(BIN)/python -m pytest -n 3 --dist loadscope --ignore=tests/trials $(PYTEST_ARGS)

.PHONY: trials
trials: $(DEV_STAMP) ## Run the full-size trials (tests/trials), long
	$(BIN)/python -m pytest -m trial --hypothesis-profile=trial --timeout=1800 $(PYTEST_ARGS)

.PHONY: bench
bench: $(DEV_STAMP) ## Run every measurement bench/bench_*.py
	@set -e; for file in bench/bench_*.py; do \
		[ -e "$$file" ] || { echo "there is no bench/bench_*.py"; break; }; \
		echo "== $$file"; $(BIN)/python -m "bench.$$(basename "$$file" .py)"; \
	done

.PHONY: lint
lint: $(DEV_STAMP) $(BUF) ## Check style, types, floors between packages and the proto contract
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PYTHONPATH=proto/gen $(BIN)/lint-imports
	$(BUF) lint
	@[ -e proto/baseline.binpb ] || { echo "proto/baseline.binpb is missing: make proto-freeze REASON=docs/adr/..." >&2; exit 1; }
	$(BUF) breaking --against proto/baseline.binpb

.PHONY: format
format: $(DEV_STAMP) ## Lay out the Python files and mend what can be mended by rule
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: proto
proto: $(DEV_STAMP) ## Generate proto/gen from proto/xieban
	$(BIN)/python scripts/generate_stubs.py

.PHONY: proto-freeze
proto-freeze: $(BUF) ## Renew the contract's baseline: REASON=docs/adr/NNNN-title.md, a decision that names it
	@sh scripts/freeze_contract.sh $(BUF) "$(REASON)"

.PHONY: lock
lock: ## Renew requirements*.lock from pyproject.toml (UPGRADE=1: to the newest versions)
	@sh scripts/lock.sh $(if $(UPGRADE),--upgrade)

.PHONY: clean
clean: ## Remove what was built and installed; demo-data and the sources stay
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
