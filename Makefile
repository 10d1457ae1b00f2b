# Every target makes what it needs and skips what is there. Needs Python >= 3.11 and make; Node comes from PyPI
# where it is missing.

ifndef PYTHON
PYTHON := $(shell for python in python3 python python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$python && break; done)
endif
ifeq ($(PYTHON),)
$(error no Python 3.11 or newer on PATH: install one, or name it with `make PYTHON=/path/to/python`)
endif

ifeq ($(OS),Windows_NT)
VENV_PYTHON := $(CURDIR)/.venv/Scripts/python.exe
else
VENV_PYTHON := $(CURDIR)/.venv/bin/python
endif

SETUP := $(PYTHON) scripts/setup.py

.DEFAULT_GOAL := help
.PHONY: help example test fuzz check docs packages bench clean

help: ## this list
	@sed -n 's/^\([a-z]*\): ## /  make \1	/p' Makefile

example: ## run the tests of example_app/ the way a user does
	@$(SETUP) package example_app
	cd example_app && "$(VENV_PYTHON)" -m pytest

test: ## run all tests
	@$(SETUP) dev example_app tests/packages
	"$(VENV_PYTHON)" -m pytest tests -n auto --dist loadfile --timeout=300

# What is left out throws plain errors on purpose, or needs Node.
fuzz: ## look for calls that break the example, for half a minute
	@$(SETUP) dev example_app
	cd example_app && "$(VENV_PYTHON)" -m pytest --convex-fuzz="!messages:react,!reminders:*,!transcripts:*" --convex-fuzz-seconds=30 --convex-seed=1

check: ## lint, format, types, and the tests of the repository itself
	@$(SETUP) dev example_app
	"$(VENV_PYTHON)" -m ruff check .
	"$(VENV_PYTHON)" -m ruff format --check .
	"$(VENV_PYTHON)" -m mypy
	"$(VENV_PYTHON)" -m pytest tests/repo --timeout=300

docs: ## write docs/parity.md again, from the sources
	@$(SETUP) dev example_app
	"$(VENV_PYTHON)" scripts/parity.py

packages: ## run popular npm packages, and write docs/packages.md again
	@$(SETUP) dev npm_packages
	"$(VENV_PYTHON)" scripts/packages.py

bench: ## measure against convex-test on Vitest, side by side
	@$(SETUP) dev benchmarks/app
	"$(VENV_PYTHON)" benchmarks/run.py $(BENCH)

clean: ## remove everything that was made or installed
	rm -rf .venv dist build htmlcov .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
	rm -rf example_app/node_modules benchmarks/app/node_modules npm_packages/node_modules tests/packages/node_modules
	rm -rf convex_test/engine/prelude/node_modules convex_test/engine/prelude/built
