# Every target makes its own virtual environment when it is missing: Python 3.11, make and a package
# index are all that a fresh machine needs.
PYTHON ?= python3
VENV := .venv
AXE_VERSION := 4.14.1
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: setup demo demo-postgres axe test check format bench engines soak clean

setup: $(VENV)/.dev

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable .
	touch $@

$(VENV)/.dev: $(VENV)/.runtime
	$(PIP) --editable '.[dev,postgres,spark]'
	touch $@

demo: $(VENV)/.runtime  ## invent a Cal.com, sync it, build the models, show the report
	$(BIN)/cal-warehouse demo

demo-postgres: $(VENV)/.dev  ## the demo in a PostgreSQL of its own
	$(BIN)/python -m tests.demo_postgres

axe: $(VENV)/axe/package/axe.min.js  ## the accessibility checker of the browser tests, from npm

$(VENV)/axe/package/axe.min.js: | $(BIN)/python
	mkdir -p $(VENV)/axe
	cd $(VENV)/axe && npm pack --silent axe-core@$(AXE_VERSION) && tar -xzf axe-core-$(AXE_VERSION).tgz

test: $(VENV)/.dev  ## all tests but the soaks
	$(BIN)/python -m pytest --numprocesses 2 --dist worksteal

check: $(VENV)/.dev  ## every linter and type checker
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint --processes 2 --disable-progress-bar dbt_like_sql
	$(BIN)/deptry .
	$(BIN)/codespell

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.dev  ## speed beside peers and references, into docs/benchmarks.md
	$(BIN)/python -m tests.bench && $(BIN)/python -m tests.bench.page

engines: $(VENV)/.dev  ## every model on every engine, into docs/engines.md
	$(BIN)/python -m tests.engines.table

soak: $(VENV)/.dev  ## long random histories; SOAK_MINUTES sets the time (default 30)
	$(BIN)/python -m pytest -m soak --timeout 0 -o faulthandler_timeout=0 --no-header -s -p no:randomly

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
