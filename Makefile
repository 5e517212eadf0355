# `make help` lists the targets. Each sets up what it needs: a virtual environment in .venv from the
# hashed pins in requirements/.
.DEFAULT_GOAL := help
.PHONY: help demo test test-stack test-browser chaos lint format typecheck bench stack requirements clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO_READY := $(VENV)/.runtime
DEV_READY := $(VENV)/.dev

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' Makefile | awk -F':.*## ' '{printf "  %-14s %s\n", $$1, $$2}'

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "jobscope needs Python 3.11 or newer; try: make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "python -m venv failed; on Debian and Ubuntu: apt install python3-venv"; exit 1; }

# --no-deps: the pins are complete, and the project itself has no hash.
$(DEMO_READY): $(BIN)/python requirements/runtime.txt pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/runtime.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(DEV_READY): $(DEMO_READY) requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

demo: $(DEMO_READY) ## Optimize a strategy on real oil prices and show everything the job did
	@$(BIN)/jobscope demo

test: $(DEV_READY) ## Run the tests that need only Python
	$(BIN)/pytest -m "not stack and not browser"

test-stack: $(DEV_READY) ## Build the native binaries and run the tests that need them
	tools/build
	$(BIN)/pytest -m stack

test-browser: $(DEV_READY) ## Run the tests that need grafana, tempo and Chromium on PATH
	tools/build
	$(BIN)/pytest -m browser

lint: $(DEV_READY) ## Check style, and every dashboard query and alert rule against the contract
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/jobscope contract lint

format: $(DEV_READY) ## Format the code
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

typecheck: $(DEV_READY) ## Check types
	$(BIN)/mypy

chaos: $(DEV_READY) ## Kill, stop and cut off workers and their database at random for minutes, on PostgreSQL
	$(BIN)/pytest -s -m stack tests/postgres/test_chaos.py --chaos-jobs 200 --chaos-seconds 240 --chaos-seed 1

bench: $(DEV_READY) ## Measure overhead, freshness and the Job view, side by side in one run
	tools/build
	$(BIN)/python -m tests.bench

stack: $(DEMO_READY) ## Build the native Collector, Prometheus, Alertmanager and Loki
	tools/build

requirements: $(DEV_READY) ## Pin the dependencies anew
	$(BIN)/pip-compile --quiet --upgrade --generate-hashes --strip-extras --allow-unsafe --no-header \
		--no-emit-index-url --no-emit-trusted-host --no-emit-find-links -o requirements/runtime.txt pyproject.toml
	$(BIN)/pip-compile --quiet --upgrade --generate-hashes --strip-extras --allow-unsafe --no-header --extra dev \
		--no-emit-index-url --no-emit-trusted-host --no-emit-find-links -c requirements/runtime.txt -o requirements/dev.txt pyproject.toml

clean: ## Remove what the other targets made, but no data
	rm -rf $(VENV) tools/bin tools/otelcol/_build .mypy_cache .pytest_cache .ruff_cache dist build
