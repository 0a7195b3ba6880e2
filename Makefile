# make run    start the portal (first time: install, create the database, load demo data)
# make test   everything that must pass; installs what is missing (FAST=1: the inner loop, NOW=2028-02-29T10:00: on that day)
# make check  linters, types, import rules
# make lock   recompile the pinned requirements from pyproject.toml
# make clean  remove .venv and caches; the data in instance/ stay

SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
VENV := .venv
PY := $(VENV)/bin/python
# The first Python that is new enough; PYTHON=/path/to/python make run chooses another.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
# Processes of the test run: one for each logical processor, at most eight.
WORKERS ?= logical
# What the inner loop runs: the rules, the shape of the code, the rights and one pair of neighbours.
QUICK := tests/unit tests/architecture tests/access/test_roles_synced.py tests/access/test_row_criteria.py \
	"tests/access/test_matrix.py::test_every_route_has_a_line" \
	"tests/access/test_matrix.py::test_matrix[school]" "tests/access/test_matrix.py::test_matrix[school2]"
TESTS ?= $(if $(FAST),$(QUICK))

export PYTHONUTF8 := 1

.DEFAULT_GOAL := run
.PHONY: run test check lock clean python running testing

run: running
	@DEMO=$${DEMO-1} exec $(PY) run.py

test: testing
	@scripts/system_packages
	@status=0; TEST_NOW=$(NOW) $(PY) -m pytest -n $(WORKERS) --maxprocesses 8 --dist loadfile --no-loadscope-reorder $(TESTS) || status=$$?; \
		cat $(VENV)/not-tested.txt; exit $$status

check: testing
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(VENV)/bin/lint-imports

lock: running
	@$(PY) -m pip install --quiet --disable-pip-version-check uv
	@$(PY) -m uv pip compile --quiet --universal --generate-hashes pyproject.toml -o requirements.txt
	@$(PY) -m uv pip compile --quiet --universal --generate-hashes --group dev pyproject.toml -c requirements.txt \
		-o requirements-dev.txt

clean:
	@rm -rf $(VENV) .mypy_cache .ruff_cache .import_linter_cache .hypothesis .pytest_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

python:
	@test -n "$(PYTHON)" || { echo "Нужен Python 3.11 или новее: установите его и повторите команду." >&2; exit 1; }

# Both install into the same folder; the script lets one in at a time and returns at once when nothing has changed.
running: python
	@$(PYTHON) scripts/install.py requirements.txt

testing: python
	@$(PYTHON) scripts/install.py requirements-dev.txt
