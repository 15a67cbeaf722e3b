PYTHON ?= python3
ARGS ?=
SECONDS ?= 600
SEED ?=
SERVICE ?= pypi
SBOM ?= dist/alongside.cdx.json
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: setup demo test browser pictures check bench fuzz chaos audit sbom lock

setup: $(STAMP)

# The lock is installed exactly, by hash; the project itself is linked, so an edit needs no second setup.
$(STAMP): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Alongside needs Python 3.11 or later; this is %s. Say which to use: make setup PYTHON=python3.11" % sys.version.split()[0])'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $(STAMP)

demo: setup
	$(BIN)/alongside demo $(ARGS)

test: setup browser
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

# The pages are tested in a real browser: found, or installed where that is allowed, or said what to do.
browser: setup
	@$(BIN)/python -m tests.browser.finding

pictures: setup browser
	$(BIN)/python -m tests.browser.pictures

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup
	$(BIN)/python -m tests.bench $(ARGS)

# Each target for so many seconds, at random: make fuzz SECONDS=60
fuzz: setup
	ALONGSIDE_FUZZ_SECONDS=$(SECONDS) $(BIN)/pytest tests/fuzz -q $(ARGS)

# The caseload at work while everything is hurt at random: make chaos SECONDS=3600 SEED=7
chaos: setup
	$(BIN)/python -m tests.chaos --seconds $(SECONDS) $(if $(SEED),--seed $(SEED)) $(ARGS)

# Whether anything of the lock is known to be unsafe; fails when that cannot be found out. SERVICE is pypi or osv.
audit: setup
	@$(BIN)/python -m tests.supply.audit $(SERVICE)

# All that is installed from the lock, as CycloneDX.
sbom: setup
	@mkdir -p $(dir $(SBOM))
	@$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --of JSON -o $(SBOM) $(BIN)/python

# After a change of dependencies. The lock holds no index address: it installs from whichever is configured.
lock:
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --extra dev \
		--no-header --no-emit-index-url --no-annotate pyproject.toml -o requirements.lock $(ARGS)
