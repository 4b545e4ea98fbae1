# The whole interface of a checkout. Needs Python 3.11 or newer and make, nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PORT ?= 8000

.PHONY: run test check bench screenshots browsers train scale evaluate clean help

help:
	@echo "make run       the demo: an article with comments and alerts, and the desk"
	@echo "make test      every test"
	@echo "make check     linters, types, import contracts, migrations"
	@echo "make bench     measurements, as tables"
	@echo "make screenshots  take the README's pictures anew"
	@echo "make browsers  install Debian's Chromium, Firefox, PHP, WordPress and web servers where they are missing"
	@echo "make train     train the classifier: make train DATA=/path/to/labelled/data"
	@echo "make scale     fit its scores to Perspective's: make scale DATA=… [PAIRS=/path/to/pairs.jsonl]"
	@echo "make evaluate  measure it, and write its card and pictures: make evaluate DATA=…"

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --editable '.[dev]'
	@touch $@

run: $(READY)
	$(BIN)/rejoinder demo --port $(PORT)

# Each process has a database server, a Rejoinder and a browser of its own.
test: $(READY)
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/core/test_migrations.py
	$(BIN)/hadolint Dockerfile
	@if command -v npx >/dev/null 2>&1; then \
		npx --yes --package typescript@5 tsc --project tsconfig.json; \
	else echo "NOT CHECKED: tsc --checkJs, because Node.js is missing" | tee $(VENV)/not-checked; fi

bench: $(READY)
	$(BIN)/python -m tests.bench
	$(BIN)/python -m tests.bench.classify
	$(BIN)/python -m tests.bench.policy
	$(BIN)/python -m tests.bench.desk
	$(BIN)/python -m tests.bench.page
	$(BIN)/python -m tests.bench.push
	$(BIN)/python -m tests.bench.dropin
	$(BIN)/python -m tests.bench.alerts
	$(BIN)/python -m tests.bench.imports
	@if [ -n "$(DATA)" ]; then $(BIN)/python -m tests.bench.campaigns --data $(DATA); \
	else echo "Not measured: campaigns, which need labelled data: make bench DATA=/path"; fi

screenshots: $(READY)
	PYTHONPATH=tests $(BIN)/python tests/screenshots.py

# PHP and MariaDB (its program alone, which starts nothing) run the WordPress that the plugin is
# tried in; nginx, Apache and Caddy the guide to proxies. These are unpacked, because installed they
# would begin to serve this machine. The shell, which has no windows, makes the tests faster; they
# do without it.
APACHE := apache2-bin libapr1 libaprutil1
WORDPRESS := wordpress wordpress-theme-twentytwentyone wordpress-theme-twentytwentythree \
	libjs-cropper libjs-underscore php-getid3

# A site generator that the guide to plain pages is tried with, and what it is linked to.
HUGO := hugo libsass1 libwebp7

# Packages in a folder of var/: $(call unpack,FOLDER,PACKAGES)
define unpack
	mkdir -p var/$(1) && cd var/$(1) && \
	{ apt-get download $(2) || { apt-get update && apt-get download $(2); }; } && \
	for package in *.deb; do dpkg -x "$$package" . || exit 1; done && rm *.deb
endef

browsers:
	@missing=""; \
	for program in chromium firefox-esr; do \
		command -v $$program >/dev/null 2>&1 || missing="$$missing $$program"; \
	done; \
	command -v php >/dev/null 2>&1 || missing="$$missing php-cli"; \
	php -r 'exit((int) !extension_loaded("mysqli"));' 2>/dev/null || missing="$$missing php-mysql"; \
	php -r 'exit((int) !extension_loaded("curl"));' 2>/dev/null || missing="$$missing php-curl"; \
	command -v jekyll >/dev/null 2>&1 || missing="$$missing jekyll"; \
	command -v mariadbd >/dev/null 2>&1 || [ -x /usr/sbin/mariadbd ] || missing="$$missing mariadb-server-core"; \
	shell=""; \
	command -v chromium-headless-shell >/dev/null 2>&1 || shell=chromium-headless-shell; \
	if [ -n "$$missing$$shell" ]; then apt-get update || [ -z "$$missing" ]; fi && \
	if [ -n "$$missing" ]; then apt-get install --yes --no-install-recommends $$missing; fi && \
	if [ -n "$$shell" ]; then \
		apt-get install --yes --no-install-recommends $$shell || echo "Tests go without $$shell"; \
	fi
	@[ -x /usr/sbin/nginx ] || [ -x var/nginx/usr/sbin/nginx ] || { $(call unpack,nginx,nginx); }
	@[ -x /usr/sbin/apache2 ] || [ -x var/apache/usr/sbin/apache2 ] || { $(call unpack,apache,$(APACHE)); }
	@[ -x /usr/bin/caddy ] || [ -x var/caddy/usr/bin/caddy ] || { $(call unpack,caddy,caddy); }
	@[ -e var/wordpress/usr/share/wordpress/wp-load.php ] || { $(call unpack,wordpress,$(WORDPRESS)); }
	@command -v hugo >/dev/null 2>&1 || [ -x var/hugo/usr/bin/hugo ] || { $(call unpack,hugo,$(HUGO)); }

train: $(READY)
	$(BIN)/python -m classifiers.train --data $(DATA)
	$(BIN)/python -m classifiers.scaling --data $(DATA)

# Without pairs the lines that were fitted to them are kept, and checked against the model.
scale: $(READY)
	$(BIN)/python -m classifiers.scaling --data $(DATA) $(if $(PAIRS),--pairs $(PAIRS))

# The extra is for this alone: pictures, attacks from Unicode's tables, and two peers.
evaluate: $(READY)
	$(BIN)/pip install --quiet --editable '.[dev,evaluate]'
	$(BIN)/python -m classifiers.evaluate --data $(DATA)

clean:
	rm -rf $(VENV) var build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
