# Two commands: `make book` and `make test`. Needed: Python 3.11 or newer, make and npm.

PYTHON ?= $(shell for p in python3.11 python3 python3.12 python3.13; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check
CONSTRAINTS ?= -c constraints.txt
TORCH := $(shell sed -n 's/^torch==//p' constraints.txt)
CPU_WHEELS := https://download.pytorch.org/whl/cpu
PROFILE ?= book
BOOK = $(BIN)/jupyter-book build . --keep-going --quiet
PYTEST = $(BIN)/python -m pytest --quiet
PHASE = $(PYTHON) book/_ext/phase.py _build/times/$(@).json
SOURCES := avlearn tests book/_ext notebooks book/template.ipynb

.DEFAULT_GOAL := help
.PHONY: help book test setup vendor lint style types layers unit notebooks pages pages-smoke browser chromium serve bench clean

help:
	@echo "make book    execute every notebook and build _build/html"
	@echo "make test    check everything: style, types, layers, units, notebooks, pages in a browser"
	@echo "make setup   only install, into .venv"
	@echo "make lint    style of code and notebooks, types, layers"
	@echo "make unit    the fast tests alone"
	@echo "make serve   the built book at http://127.0.0.1:8000, with search"
	@echo "make bench   speed, one JSON line a benchmark"
	@echo "make clean   remove what was built; .venv stays"

book:
	@$(PHASE) start
	@$(PHASE) run "Packages" $(MAKE) --no-print-directory setup
	@$(PHASE) run "JavaScript and fonts" $(MAKE) --no-print-directory vendor
	@$(PHASE) run "Notebooks, profile book" $(MAKE) --no-print-directory notebooks PROFILE=book
	@$(PHASE) run "Pages" $(MAKE) --no-print-directory pages
	@$(PHASE) report "make book"
	@echo; echo "The book: file://$(CURDIR)/_build/html/index.html (or make serve)"

test:
	@$(PHASE) start
	@$(PHASE) run "Packages" $(MAKE) --no-print-directory setup
	@$(PHASE) run "JavaScript and fonts" $(MAKE) --no-print-directory vendor
	@$(PHASE) run "Style" $(MAKE) --no-print-directory style
	@$(PHASE) run "Types" $(MAKE) --no-print-directory types
	@$(PHASE) run "Layers" $(MAKE) --no-print-directory layers
	@$(PHASE) run "Unit tests" $(MAKE) --no-print-directory unit
	@$(PHASE) run "Notebooks, profile smoke" $(MAKE) --no-print-directory notebooks PROFILE=smoke
	@$(PHASE) run "Pages, warnings are errors" $(MAKE) --no-print-directory pages-smoke
	@$(PHASE) run "Chromium" $(MAKE) --no-print-directory chromium
	@$(PHASE) run "Pages in a browser" $(MAKE) --no-print-directory browser
	@$(PHASE) report "make test"

# Installing ---------------------------------------------------------------------------------------------------------
# Stamps keep make from asking pip again while nothing changed. torch comes first and, where there is no graphics card,
# as the CPU build: else pip fetches gigabytes of CUDA. `make setup CONSTRAINTS=` takes the newest of everything.

setup: .venv/.installed

.venv/.python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; none found"; exit 1; }
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/.torch: .venv/.python constraints.txt
	@echo "  torch $(TORCH)"
	@if [ "$$(uname)" = Linux ] && ! command -v nvidia-smi >/dev/null; then \
		$(PIP) $(CONSTRAINTS) "torch==$(TORCH)+cpu" 2>/dev/null || $(PIP) $(CONSTRAINTS) torch --index-url $(CPU_WHEELS) 2>/dev/null || \
		$(PIP) $(CONSTRAINTS) torch; \
	else $(PIP) $(CONSTRAINTS) torch; fi
	@touch $@

.venv/.installed: .venv/.torch pyproject.toml constraints.txt
	@echo "  everything else (some minutes the first time)"
	@$(PIP) $(CONSTRAINTS) --editable ".[dev]"
	@touch $@

vendor: _build/static/vendor/VERSIONS

_build/static/vendor/VERSIONS: .venv/.installed book/_ext/vendor.py
	@$(BIN)/python book/_ext/vendor.py
	@touch $@

# Checking -----------------------------------------------------------------------------------------------------------

lint: style types layers

style:
	@$(BIN)/ruff check --quiet $(SOURCES)
	@$(BIN)/ruff format --check $(SOURCES)
	@$(BIN)/python book/_ext/lint_notebooks.py

types:
	@$(BIN)/mypy

layers:
	@$(BIN)/lint-imports --no-logo

unit:
	@OMP_NUM_THREADS=1 $(PYTEST) --numprocesses 2 --dist worksteal

chromium:
	@for c in chromium chromium-browser google-chrome; do command -v $$c >/dev/null && exit 0; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		{ apt-get update -qq && apt-get install -y -qq chromium; } >/dev/null && exit 0; \
	fi; \
	echo "  no Chromium here and no way to install it: the browser tests will be skipped"

browser:
	@AVL_PROFILE=smoke AVL_HTML=_build/smoke/_build/html $(PYTEST) -m "executed or pages" -rs

bench:
	@$(BIN)/python tests/benchmarks/run.py

# The book -----------------------------------------------------------------------------------------------------------

notebooks:
	@$(BIN)/python book/_ext/avl_execute.py --profile $(PROFILE)

pages:
	@AVL_PROFILE=book $(BOOK) -W

pages-smoke:
	@rm -rf _build/smoke
	@AVL_PROFILE=smoke $(BOOK) --path-output _build/smoke -W

serve:
	@echo "http://127.0.0.1:8000 (stop with Ctrl-C)"
	@$(PYTHON) -m http.server 8000 --bind 127.0.0.1 --directory _build/html

clean:
	rm -rf _build
