# make run: everything set up, the demonstration market served.
# make test: everything set up, the tests run; make test-all: every test on each database.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
#: Optional parts to install too: "synthetic", "postgresql", or both.
EXTRAS ?=
COMPILE := uv pip compile pyproject.toml --group demo --universal --python-version 3.11 --generate-hashes --no-header -q

.PHONY: help run demo test test-all setup setup-dev lint format lock consumers restore-drill bench-cube bench-pricing bench-release bench-market bench-money bench-people bench-shop bench-newcomer screenshots coverage

help: ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

setup: ## the environment for running the market; EXTRAS="synthetic postgresql" for optional parts
	@$(PYTHON) tools/setup_env.py locks/run.txt $(EXTRAS:%=locks/%.txt)

setup-dev: ## the environment for working on it
	@$(PYTHON) tools/setup_env.py locks/dev.txt

run: setup ## serve the market with its demonstration data
	@$(BIN)/python tools/run_market.py

test: setup-dev ## run the tests, the browser's included
	@$(BIN)/python tools/find_browser.py
	@$(BIN)/python -m pytest -n 2 --dist worksteal $(ARGS)

test-all: setup-dev ## run every test on each database, and the tests that test the tests
	@$(BIN)/python tools/find_browser.py
	@$(BIN)/python -m pytest -n 2 --dist worksteal --everything $(ARGS)

lint: setup-dev ## format check, lint, types, import contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: setup-dev ## format and fix
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock: ## resolve the dependencies again (needs uv)
	$(COMPILE) -o locks/run.txt
	$(COMPILE) --all-extras --group dev -c locks/run.txt -o locks/dev.txt
	$(COMPILE) --extra postgresql -c locks/dev.txt -o locks/postgresql.txt
	$(COMPILE) --extra synthetic -c locks/dev.txt -o locks/synthetic.txt
	echo uv | uv pip compile - --universal --python-version 3.11 --generate-hashes --no-header -q -o locks/uv.txt

demo: setup ## upload to payout in the terminal
	@MOISSON_STRIPE_KEY=standin_sk_local $(BIN)/flask --app app.worker demo

bench-cube: setup-dev ## measure the bounded cube against plain queries
	@$(BIN)/python -m bench.cube

bench-pricing: setup-dev ## measure quotes, sales and settlements
	@$(BIN)/python -m bench.pricing $(ARGS)

bench-release: setup-dev ## compare the release's errors and speed with other libraries
	@$(BIN)/python -m bench.release $(ARGS)

bench-market: setup-dev ## compare price rules on invented markets, and what each parameter of the book does
	@$(BIN)/python -m bench.market $(ARGS)

bench-money: setup-dev ## measure messages a second and everybody's payouts; ARGS=webhooks for one part
	@$(BIN)/python -m bench.money $(ARGS)

bench-people: setup-dev ## measure what one person costs, from their cells to the published edition
	@$(BIN)/python -m bench.people $(ARGS)

bench-shop: setup-dev ## measure what a page of the shop costs with 100,000 editions on sale
	@$(BIN)/python -m bench.shop $(ARGS)

bench-newcomer: ## measure clone, set-up and first page; ARGS="--before COMMIT" to compare
	@$(PYTHON) -m bench.newcomer $(ARGS)

consumers: setup-dev ## let CKAN, udata and others read a demonstration market; ARGS="ckan" for one
	@$(BIN)/python tools/consumers.py $(ARGS)

restore-drill: setup-dev ## fill a market, copy it, destroy it, restore it, and compare
	@$(BIN)/python tools/restore_drill.py $(ARGS)

audit: setup-dev ## attack the whole path with five times as many runs as the tests
	@$(BIN)/python -m bench.audit

screenshots: setup-dev ## draw the pages for the README and for a look
	@$(BIN)/python tools/screenshots.py

coverage: setup-dev ## run the tests without the browser's and show what they never reach
	@$(BIN)/python -m pytest -n 2 --dist worksteal -m "not browser" --cov --cov-report=term:skip-covered
