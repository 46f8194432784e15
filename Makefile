PYTHON ?= python3
BIN := .venv/bin
# A worker that a test ends, or that hangs for too long, is not begun again: that test would end the next one, for ever.
TESTS := --numprocesses 2 --max-worker-restart 0 --dist loadfile --ignore tests/web/pages
# What drives a browser or asks a registry may wait for ever: it has a limit. The pages get a second try.
ON_THE_PAGE := timeout -s KILL 900 $(BIN)/pytest tests/web/pages
BIOME := timeout -s KILL 120 npx --yes @biomejs/biome@2

.PHONY: demo test check coverage browser docs article

demo: .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check -e .
	@$(BIN)/enhance samples/astronaut.jpg -o demo/astronaut_x4.jpg --compare
	@echo "the enhanced photo: demo/astronaut_x4.jpg   side by side: demo/astronaut_x4_compare.png"

# torch first and by itself: its CPU build is then what everything else finds installed.
test: .venv browser
	@$(BIN)/pip install --quiet --disable-pip-version-check torch==2.13.0
	@$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]'
	@$(MAKE) --no-print-directory check

# The page is tested in Debian's Chromium; who is not root installs it, or is told at the end that it was left out.
browser:
	@if [ "$$(id -u)" = 0 ] && ! command -v chromium >/dev/null && command -v apt-get >/dev/null; then \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null || true; fi

check:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@if command -v npx >/dev/null && $(BIOME) --version >/dev/null 2>&1; then $(BIOME) check || test $$? -eq 137; else \
		echo "the page's JavaScript was NOT checked: node and its npx are missing, or biome cannot be fetched"; fi
	$(MAKE) --no-print-directory coverage
	$(ON_THE_PAGE) || { test $$? -eq 137 && $(ON_THE_PAGE); }
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
		echo "the page was NOT tested: apt-get install chromium"

# Which lines no test reaches, for a few per cent of the tests' time: from Python 3.12 on by what the interpreter has for that,
# before it by slipcover. coverage.py alone would take as long again there.
# Two files of tests run beside each other, so that a network gets one thread: two that wait for each other's core are slower.
coverage:
	@export OMP_NUM_THREADS=1 ENHANCE_THREADS=1; \
	if $(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 12))'; then \
		COVERAGE_CORE=sysmon $(BIN)/pytest $(TESTS) --cov --cov-report=term; else \
		$(BIN)/python -m slipcover --source src/enhance --skip-covered -m pytest -W 'ignore:Module already imported' $(TESTS); fi

# The documentation as a site, in site/: the pages of docs/, and the Python interface from its docstrings.
docs: .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check -e '.[docs]'
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict
	@echo "the documentation: site/index.html"

# The pictures of docs/article.md, drawn anew.
article: .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check torch==2.13.0
	@$(BIN)/pip install --quiet --disable-pip-version-check -e '.[train]'
	@$(BIN)/python benchmarks/article.py

.venv:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is missing: apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "Python's venv module is missing: apt-get install python3-venv"; exit 1; }
	@$(PYTHON) -m venv .venv
