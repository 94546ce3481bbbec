# Everything there is to do here, on a machine with Python 3.11 or newer and nothing else. `make help` lists it.
#
#   PYTHON=python3.12   which Python the environment is made with
#   ARGS="…"            handed on to what the target runs: `make test ARGS="tests/core -k expression"`
#   JOBS=2              processes that tests run in

ifeq ($(origin PYTHON), undefined)
PYTHON := $(shell for name in python3.13 python3.12 python3.11 python3; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$name" && break; done)
endif

JOBS ?= 2
VENV := .venv
BENCH_VENV := .venv-bench
BENCH_ENGINE_VENV := .venv-bench-engine
XSTATE := benchmarks/engine/xstate
# Other people's programs that tests ask: Pyodide, and Mermaid's parser.
JUDGES := tests/browser tests/core/formats/mermaid
BIN := $(VENV)/bin
PACKAGES := core/pyproject.toml server/pyproject.toml
SOURCES := $(shell find core/src server/src -type f -not -name '*.pyc' 2>/dev/null)
PIP := -m pip --disable-pip-version-check --quiet
PYTEST := $(BIN)/python -m pytest -n $(JOBS)
ifeq ($(CI), true)
PYTEST += -q --color=no --durations=10 -p no:cacheprovider
endif

.DEFAULT_GOAL := help
.PHONY: help run test check static fmt lint bench bench-engine generate clean

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.installed ## start Actum on this machine, with a demo to look at
	@$(BIN)/actum up $(ARGS)

test: static $(JUDGES:%=%/node_modules/.package-lock.json) ## everything that must hold: checks, all tests, faults included (15 minutes on 2 cores)
	$(BIN)/python -m actum.entrypoints.openapi --check
	$(BIN)/python -m actum.entrypoints.catalogue --check
	$(PYTEST) $(ARGS)

check: static ## what to run before every commit (2 minutes): checks, and the fast tests
	$(PYTEST) -m "not slow and not faults" $(ARGS)

static: lint
	$(BIN)/mypy --strict core/src server/src
	$(BIN)/lint-imports

lint: $(VENV)/.installed ## find faults of style, change nothing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

fmt: $(VENV)/.installed ## correct what can be corrected by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

generate: $(VENV)/.installed ## write spec/, schema.sql and the tables of the documentation anew
	$(BIN)/python -m actum.entrypoints.openapi
	$(BIN)/python -m actum.entrypoints.catalogue
	$(BIN)/python -m actum.platform.schema
	$(BIN)/python -m actum_core.template.editor_schema > spec/template.schema.json.new
	@mv spec/template.schema.json.new spec/template.schema.json
	$(BIN)/python -m tests.pages.parts

bench: $(BENCH_VENV)/.packages ## measure Actum and its peers side by side (ARGS="--quick" for a first look)
	$(BENCH_VENV)/bin/python -m benchmarks.run $(ARGS)

bench-engine: $(BENCH_ENGINE_VENV)/.packages $(XSTATE)/node_modules/.package-lock.json ## measure the engine beside others
	$(BENCH_ENGINE_VENV)/bin/python -m benchmarks.engine.run $(ARGS)

clean: ## remove what was made here; the data of `make run` lies elsewhere and stays
	rm -rf $(VENV) $(BENCH_VENV) $(BENCH_ENGINE_VENV) $(XSTATE)/node_modules $(JUDGES:%=%/node_modules) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	rm -rf core/dist server/dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# An environment is made once, and again when what it is made from has changed.
define environment
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install it, or name it with PYTHON=…" >&2; exit 1; }
	@echo "making $(1) with $(PYTHON); this takes a minute, once"
	@test -x $(1)/bin/python || $(PYTHON) -m venv $(1)
	@$(1)/bin/python $(PIP) install --require-hashes -r $(2)
endef

# The packages are installed from where they lie; without isolation they are built by the hatchling that is locked.
$(VENV)/.installed: requirements/dev.lock $(PACKAGES)
	$(call environment,$(VENV),requirements/dev.lock)
	@$(BIN)/python $(PIP) install --no-deps --no-build-isolation -e core -e server
	@touch $@

$(BENCH_VENV)/.installed: requirements/bench.lock
	$(call environment,$(BENCH_VENV),$<)
	@touch $@

# What is measured is what is shipped: the wheels.
$(BENCH_VENV)/.packages: $(BENCH_VENV)/.installed $(VENV)/.installed $(SOURCES)
	@rm -rf $(BENCH_VENV)/wheels
	@$(BIN)/python $(PIP) wheel --no-deps --no-build-isolation -w $(BENCH_VENV)/wheels core/ server/
	@$(BENCH_VENV)/bin/python $(PIP) install --no-deps --no-index --force-reinstall $(BENCH_VENV)/wheels/*.whl
	@touch $@

$(BENCH_ENGINE_VENV)/.installed: requirements/bench-engine.lock
	$(call environment,$(BENCH_ENGINE_VENV),$<)
	@touch $@

$(BENCH_ENGINE_VENV)/.packages: $(BENCH_ENGINE_VENV)/.installed $(VENV)/.installed $(SOURCES)
	@rm -rf $(BENCH_ENGINE_VENV)/wheels
	@$(BIN)/python $(PIP) wheel --no-deps --no-build-isolation -w $(BENCH_ENGINE_VENV)/wheels core/
	@$(BENCH_ENGINE_VENV)/bin/python $(PIP) install --no-deps --no-index --force-reinstall $(BENCH_ENGINE_VENV)/wheels/*.whl
	@touch $@

# Without npm, or without what it fetches, the tests and figures that need it are left out, and say so.
%/node_modules/.package-lock.json: %/package-lock.json
	@if npm ci --silent --no-audit --no-fund --fetch-retries=1 --fetch-timeout=60000 --prefix $* </dev/null; then touch $@; \
	else echo "npm could not install what $* needs: it is left out"; fi
