# Everything a developer runs; `make` alone prints what there is.
# Needs Python 3.11 or newer with venv, make and a C library; the rest is installed into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SPARK := .cache/spark
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install --require-hashes --no-deps
OUT := out
DEMO := tests/fixtures/files/checkout/service=checkout/build=1.4.2
XDIST ?= 2
# For make fuzz: how long each target takes, where its cases begin, which there are, and 0 for kernels as users run them.
SECONDS ?= 120
SEED ?=
TARGETS ?=
BOUNDS ?= 1

.DEFAULT_GOAL := help
.PHONY: help setup run test test-whole test-remote test-slow fuzz lint fmt chromium golden docs proto fixtures oracle spark corpus bench pins clean

help: ## Print this
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-11s %s\n", $$1, $$2}'

$(VENV)/run.stamp: requirements/run.txt requirements/build.txt pyproject.toml
	@echo "installing heapscape into $(VENV)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "heapscape needs Python 3.11 or newer; name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) -r requirements/run.txt -r requirements/build.txt
	@$(BIN)/python -m pip --disable-pip-version-check --quiet install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/fuzz.stamp: $(VENV)/dev.stamp requirements/fuzz.txt
	@$(PIP) -r requirements/fuzz.txt || echo "atheris cannot be had here: everything is fuzzed by mutation alone"
	@touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp requirements/dev.txt
	@echo "installing what the tests need"
	@$(PIP) -r requirements/dev.txt
	@touch $@

setup: $(VENV)/run.stamp ## Install into .venv and compile the kernels, once
	@$(BIN)/python -m pipeline.warm

run: $(VENV)/run.stamp ## Run the main job on the bundled artefacts: print the growth table, write out/report.html
	@mkdir -p $(OUT)
	@$(BIN)/heapscape run $(DEMO) --lake $(OUT)/lake --db $(OUT)/heapscape.duckdb --report $(OUT)/report.html \
	  || [ $$? -eq 1 ]

# What a machine has is taken, by the names that tests/browser/chromium.py looks for, too.
chromium: ## Install Debian's Chromium for the tests in a browser, where there is none
	@for name in chromium chromium-headless-shell chromium-browser google-chrome chrome; do \
	  if command -v $$name >/dev/null; then exit 0; fi; done; \
	command -v apt-get >/dev/null || { echo "there is no chromium on PATH and no apt-get to install it with: install it as this system does"; exit 1; }; \
	[ "$$(id -u)" = 0 ] || { echo "there is no chromium on PATH, and installing it needs root: sudo make chromium"; exit 1; }; \
	echo "installing Chromium"; \
	export DEBIAN_FRONTEND=noninteractive; \
	apt-get -qq update && apt-get -qq install --yes --no-install-recommends chromium-headless-shell fonts-dejavu-core >/dev/null

# What pytest makes of each test file is kept for the next run, even where the environment says not to: 10 s a worker.
# Of small frames a second thread of polars only waits. What a module's tests share is made by one worker, for all of them.
test: export PYTHONDONTWRITEBYTECODE :=
test: export POLARS_MAX_THREADS := 1
test: $(VENV)/dev.stamp setup ## Run the tests of every room; they need neither Go nor a network
	@$(BIN)/python -m pytest -n $(XDIST) --dist loadfile -m "not whole and not oracle and not slow and not remote and not spark"

test-whole: $(VENV)/dev.stamp setup ## Run what drives whole commands, pages, the server, the terminal, docs' examples, whole lakes and processes that are killed
	@$(BIN)/python -m pytest -n $(XDIST) --dist loadgroup -m "whole and not oracle and not slow and not remote and not spark"

test-remote: $(VENV)/dev.stamp setup ## Run what needs an S3 server or a Dask cluster, which the tests start themselves: kills, two writers
	@$(BIN)/python -m pytest -n $(XDIST) --dist loadgroup -m "remote and not slow"

test-slow: $(VENV)/dev.stamp setup ## Run what takes minutes or looks at the clock: thorough properties, kernels bare and bounds-checked, the bare wheel, speed in a browser
	@HYPOTHESIS_PROFILE=thorough $(BIN)/python -m pytest -n $(XDIST) --dist loadgroup -m "(slow or hypothesis) and not oracle and not remote and not spark"
	@NUMBA_DISABLE_JIT=1 $(BIN)/python -m pytest -n $(XDIST) tests/kernels
	@NUMBA_BOUNDSCHECK=1 $(BIN)/python -m pytest -n $(XDIST) tests/kernels tests/formats/pprof tests/formats/gotrace

fuzz: $(VENV)/fuzz.stamp setup ## Fuzz every decoder and the whole pipeline, SECONDS=180 each; SEED= repeats what a run printed
	@$(BIN)/python -m tests.fuzz $(TARGETS) --seconds $(SECONDS) $(if $(SEED),--seed $(SEED)) $(if $(filter 0,$(BOUNDS)),--no-bounds)

oracle: $(VENV)/dev.stamp setup ## Compare with Go's own tools and with DuckDB 1.5, installed from PyPI into .cache
	@$(BIN)/python -m pytest -n $(XDIST) --dist loadgroup -m oracle

# Half a gigabyte, for one target: not among what every developer installs.
$(SPARK)/stamp: requirements/spark.txt
	@echo "installing Spark into $(SPARK)"
	@$(PYTHON) -m venv $(SPARK)
	@$(SPARK)/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes --no-deps -r requirements/spark.txt
	@touch $@

spark: $(VENV)/dev.stamp setup $(SPARK)/stamp ## The lake read by Spark; downloads Spark and Delta for it, needs Java 17
	@$(BIN)/python -m pytest -m spark tests/docs

corpus: $(VENV)/dev.stamp setup ## Hold attribution against the machine code of a program of 640 packages, in three spellings
	@$(BIN)/python -m tests.corpus

lint: $(VENV)/dev.stamp ## ruff, mypy, the import contracts, generated files current
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m tests.docs.generate --check

fmt: $(VENV)/dev.stamp ## Format the code
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format --quiet .

golden: $(VENV)/dev.stamp ## Rewrite expected outputs; then look at the diff
	@$(BIN)/python -m pytest --update tests/sql tests/outputs

docs: $(VENV)/dev.stamp setup ## Write what is generated: schemas/README.md, sql/README.md, docs/commands.md, what examples print
	@$(BIN)/python -m tests.docs.generate

proto: $(VENV)/dev.stamp ## Write pipeline/generated from schemas/*.proto
	@$(BIN)/protoc -I pipeline/generated=schemas --python_out=. --pyi_out=. $(patsubst schemas/%,pipeline/generated/%,$(wildcard schemas/*.proto))

fixtures: $(VENV)/dev.stamp ## Build and run the programs in tests/fixtures/programs with Go from PyPI
	@$(BIN)/python -m tests.fixtures.make_fixtures
	@$(BIN)/python -m tests.builders.tiny

bench: $(VENV)/dev.stamp setup ## Measure against Go's own tools; prints ratios
	@$(BIN)/python -m tests.bench $(BENCH)

pins: $(VENV)/dev.stamp ## Raise the pinned dependencies
	@$(BIN)/python -m pip --quiet install pip-tools
	@cd requirements && for name in run build dev fuzz spark; do \
	  in=$$name.in; [ $$name = run ] && in=../pyproject.toml; \
	  ../$(BIN)/pip-compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-emit-find-links \
	    --no-emit-trusted-host --strip-extras --no-header --no-annotate --allow-unsafe --output-file $$name.txt $$in; done

clean: ## Remove everything that was made here
	@rm -rf $(VENV) .cache $(OUT) dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
