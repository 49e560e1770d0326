PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: run demo test lint types contracts generated check bench screenshots clean

run: $(READY) ## install into .venv and open the dashboard
	@$(BIN)/sockscope $(ARGS)

demo: $(READY) ## the dashboard inside a namespace full of traffic (needs root)
	@$(BIN)/python -m tests.lab.demo $(ARGS)

test: lint types contracts ## everything CI checks
	$(BIN)/python -m pytest --numprocesses logical --maxprocesses 4 --dist worksteal

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY) build/typed
	$(BIN)/mypy -p sockscope.app -p sockscope.widgets -p tests -p screenshots

generated: $(READY) ## the manual page and the completions, after a change of options or keys
	$(BIN)/python -m sockscope.app.generated

contracts: $(READY)
	$(BIN)/lint-imports

bench: $(READY) ## what a refresh costs, beside ss, netstat and psutil (needs root)
	$(BIN)/python -m tests.bench $(ARGS)

screenshots: $(READY) ## every tab from the lab, as SVG and PNG (needs root and rsvg-convert)
	$(BIN)/python screenshots/take.py

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

# The type checker sees the mapped packages through links, as they will lie in site-packages.
build/typed:
	@mkdir -p build/typed/sockscope
	@ln -sfn ../../../app build/typed/sockscope/app
	@ln -sfn ../../../widgets build/typed/sockscope/widgets
	@ln -sfn ../../../styles build/typed/sockscope/styles
