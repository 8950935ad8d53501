# Everything a fresh machine needs is made here: a virtual environment with pinned packages and,
# where this user may install system packages, bubblewrap for the sandbox, and Chromium and Redis for
# the tests, with g++ and Node.js. `make languages` installs the compilers of all languages that answers
# can be judged in, `make language-go` those of one; `make judge-libraries` the libraries that Python
# answers may import. `make test-engine` also installs vLLM for the CPU and the trainers, and takes long.

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin

PARTS_ALONE := $(wildcard tests/test_*.py) $(addprefix tests/,agreement cache export files problems providers records)

.PHONY: demo test quick coverage test-operations test-engine test-languages lint types sandbox chromium redis engine languages judge-libraries clean

demo: $(VENV)/.base sandbox
	@$(BIN)/python -m flows.collect

test: lint types sandbox chromium redis language-cpp language-javascript
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

# Within a minute: what needs no server, no sandbox and no browser.
quick: $(VENV)/.dev
	$(BIN)/python -m pytest --numprocesses 2 $(PARTS_ALONE)

coverage: sandbox chromium redis language-cpp language-javascript
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --cov

test-operations: $(VENV)/.dev sandbox redis
	$(BIN)/python -m pytest -m operations

test-engine: $(VENV)/.dev sandbox engine
	$(BIN)/python -m pytest -m engine

test-languages: $(VENV)/.dev sandbox languages
	$(BIN)/python -m pytest -m languages

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

languages: language-all

language-%: $(VENV)/.base
	@PYTHON=$(BIN)/python sh scripts/install_language.sh $*

judge-libraries: $(VENV)/.base
	$(PYTHON) -m venv $(VENV)/judge
	$(VENV)/judge/bin/pip install --quiet --requirement judge-libraries.txt

engine:
	@PYTHON=$(PYTHON) sh scripts/install_engine.sh

$(VENV)/.base: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	@sh scripts/install_packages.sh $(BIN)/pip --constraint constraints.txt --editable .
	@$(BIN)/python -m compileall -q pettingllms flows
	@touch $@

$(VENV)/.dev: $(VENV)/.base
	@sh scripts/install_packages.sh $(BIN)/pip --constraint constraints.txt --editable ".[dev]"
	@touch $@

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache
