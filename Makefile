# Two commands: `make demo` shows what cohortgraph does, `make test` runs everything CI runs.
PYTHON ?= python3
BIN := .venv/bin
CODE := src graph ontology ingest queries registry dicom cohorts export api demo benchmarks scripts tests

.PHONY: demo test lint format bench clean

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[test]'
	touch $@

demo: .venv/installed
	PATH="$(CURDIR)/$(BIN):$$PATH" bash demo/run.sh

lint: .venv/installed
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist loadgroup --cov --cov-report=term:skip-covered

format: .venv/installed
	$(BIN)/ruff format $(CODE)
	$(BIN)/ruff check --fix $(CODE)

bench: .venv/installed
	$(BIN)/python -m benchmarks

clean:
	rm -rf .venv build dist .coverage* .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
