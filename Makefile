# Two commands do all the set-up: `make run` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

QUARTER ?= 2018Q1
QUARTERS ?= $(QUARTER)
REGION ?= 330109
PORT ?= 8080
BI_PORT ?= 8088
SIZE ?= S
PYTHON ?= python3
# so many tests at once: each may run a whole pipeline, in about 1 GB
WORKERS ?= 2
STATE := .venv/.installed
BI_STATE := .venv-bi/.installed
AUDIT_STATE := .venv-audit/.installed
AUDITED := requirements-dev.lock requirements-bi.lock requirements-uv.lock requirements-audit.lock
SPARK_STATE := .venv-spark/.installed
NEXT_STATE := .venv-next/.installed
# what an engine decides: what is landed, frozen and served, and how files are written
NEXT_TESTS := tests/unit/landing tests/unit/deliveries tests/unit/storage tests/unit/releases tests/unit/serving tests/dbt/test_probability_sums.py

# The demonstration makes a key for itself, in a git-ignored file; a real installation gives its own.
ifeq ($(CALLBACK_SURVEY_PRIVACY_KEY)$(CALLBACK_SURVEY_PRIVACY_KEY_FILE),)
export CALLBACK_SURVEY_PRIVACY_KEY_FILE := $(CURDIR)/.privacy-key
endif

.PHONY: help audit outdated run run-local test test-thorough test-next lint docs airflow bi test-bi spark test-spark test-office simulate bench up down test-compose lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## (.*)/  make \1\t\2/' | expand -t 22
	@echo
	@echo "  make run QUARTER=2018Q1 REGION=330109      one quarter; REGION= for every region that delivered"
	@echo "  make run QUARTERS=2018Q1..2019Q1           one after the other"

run: $(STATE)/run .privacy-key ## run a quarter of the sample exports through Airflow, to served marts and a notice
	@.venv/bin/callback-survey airflow run --quarter "$(QUARTERS)" $(if $(REGION),--region "$(REGION)")

run-local: $(STATE)/run .privacy-key ## the same without Airflow
	@.venv/bin/callback-survey run --quarter "$(QUARTERS)" $(if $(REGION),--region "$(REGION)")

# in the order of the folders: whole runs first and unit tests last, so that no worker is alone with the longest file at the end
test test-thorough: PYTEST := .venv/bin/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder --durations 30 --durations-min 5

test: $(STATE)/dev ## run the tests; of long searches, such as a kill at every change of a file, some points
	@$(PYTEST)

test-thorough: $(STATE)/dev ## run the tests with every point of every search, as every week
	@$(PYTEST) --thorough

lint: $(STATE)/dev ## ruff, mypy (strict on the package), sqlfluff, conventions of the dbt project, imports that run one way
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/mypy expectations dags benchmarks
	@.venv/bin/sqlfluff lint --processes 2 dbt_project/models dbt_project/macros dbt_project/tests
	@scripts/dbt_lint
	@scripts/lint_imports

docs: $(STATE)/run ## build the site that describes the dbt project, one page that opens without a network: var/docs/index.html
	@.venv/bin/python scripts/dbt_docs.py

airflow: $(STATE)/run .privacy-key ## start Airflow with its pages on 127.0.0.1, port PORT=8080, with a ready login
	@.venv/bin/callback-survey airflow standalone --port "$(PORT)"

bi: $(BI_STATE) ## start Superset with the dashboard over what is served, on 127.0.0.1, port BI_PORT=8088, with a ready login
	@.venv-bi/bin/python bi/start.py --home "$${CALLBACK_SURVEY_HOME:-var}" --port "$(BI_PORT)"

spark: $(SPARK_STATE) ## start a Spark cluster on 127.0.0.1 to build on: a master, two workers, Spark Connect; says the settings for it
	@.venv-spark/bin/python spark/spark_cluster.py "$${CALLBACK_SURVEY_HOME:-var}/spark"

up: ## start the containers (PostgreSQL, Airflow) and wait until they are healthy
	@$(PYTHON) -I scripts/compose_env.py .env
	@docker compose up --build --detach --wait
	@echo "http://127.0.0.1:$${AIRFLOW_PORT:-8080}   user admin, password: AIRFLOW_ADMIN_PASSWORD in .env"
	@echo "of the users in AIRFLOW_USERS: docker compose exec api-server cat /var/lib/airflow/passwords.json"

down: ## stop the containers; volumes stay
	@docker compose down

test-compose: $(STATE)/dev ## test the containers with whatever engine answers
	@.venv/bin/python -m pytest -m compose tests/compose

test-next: $(NEXT_STATE) ## test landing, releases and served tables with DuckDB's newest version, all else as locked; needs a registry
	@.venv-next/bin/python -c 'import duckdb; print("DuckDB", duckdb.__version__)'
	@.venv-next/bin/python -m pytest --numprocesses $(WORKERS) --dist loadfile $(NEXT_TESTS)
	@.venv/bin/python scripts/unchanged.py > .venv-next/locked.json
	@.venv-next/bin/python scripts/unchanged.py --against .venv-next/locked.json

test-bi: $(STATE)/dev $(BI_STATE) ## test the dashboard in Superset, in a real browser
	@.venv/bin/python -m pytest -m bi tests/browser/test_superset.py

test-spark: $(STATE)/dev $(SPARK_STATE) ## build on a Spark cluster of this machine and compare every figure with DuckDB's
	@.venv/bin/python -m pytest -m spark tests/spark

test-office: $(STATE)/dev ## test the notice's DOCX in LibreOffice (Debian: libreoffice-writer-nogui)
	@.venv/bin/python -m pytest -m office tests/unit/documents/test_notice_in_libreoffice.py

audit: $(AUDIT_STATE) ## look the locked packages up among known vulnerabilities; needs a network
	@status=0; for lock in $(AUDITED); do echo "$$lock"; .venv-audit/bin/pip-audit --strict --disable-pip --require-hashes --requirement "$$lock" || status=1; done; exit $$status

outdated: $(STATE)/dev ## list the packages of which there is a newer version; needs a registry. `make lock` takes them
	@uv=$$(command -v uv || echo .uv/bin/uv); "$$uv" pip list --outdated --python .venv/bin/python

simulate: $(STATE)/dev ## how often the tests mark departments that do not differ; writes docs/simulation.md
	@.venv/bin/python scripts/simulate.py

bench: $(STATE)/dev ## what SIZE=S invented districts cost (S 1, M 90, L 900; or DISTRICTS=6), beside hand-written scripts; a page in benchmarks/results/
	@.venv/bin/python -m benchmarks --size "$(SIZE)" $(if $(DISTRICTS),--districts "$(DISTRICTS)")

lock: .venv/bin/python ## resolve the dependencies anew into the lock files
	@scripts/lock

clean: ## remove everything a run made; the environment and the privacy key stay
	@rm -rf var

# A wheel of uv where the machine has none; pip is only needed for that.
$(STATE)/run: requirements.lock pyproject.toml scripts/install scripts/system_packages
	@[[ "$${CALLBACK_SURVEY_DOCUMENTS:-}" == html ]] || scripts/system_packages run
	@PYTHON="$(PYTHON)" scripts/install requirements.lock
	@mkdir -p $(STATE) && touch $@

$(STATE)/dev: requirements-dev.lock pyproject.toml scripts/install scripts/system_packages
	@scripts/system_packages dev
	@PYTHON="$(PYTHON)" scripts/install requirements-dev.lock
	@mkdir -p $(STATE) && touch $@ $(STATE)/run

# Superset wants other versions of what Airflow wants too, so it has an environment of its own.
$(BI_STATE): requirements-bi.lock scripts/install
	@PYTHON="$(PYTHON)" scripts/install requirements-bi.lock .venv-bi
	@touch $@

# pip-audit looks at lock files, not at an environment, and needs nothing of ours.
$(AUDIT_STATE): requirements-audit.lock scripts/install
	@PYTHON="$(PYTHON)" scripts/install requirements-audit.lock .venv-audit
	@touch $@

# The lock's environment with one package taken further than the lock and pyproject.toml allow. Not kept: the newest is another one tomorrow.
.PHONY: $(NEXT_STATE)
$(NEXT_STATE): $(STATE)/dev
	@PYTHON="$(PYTHON)" scripts/install requirements-dev.lock .venv-next
	@uv=$$(command -v uv || echo .uv/bin/uv); "$$uv" pip install --quiet --python .venv-next/bin/python --no-deps --upgrade --refresh-package duckdb duckdb

# A cluster has Spark itself, which cannot stand beside its client: both are the package pyspark.
$(SPARK_STATE): requirements-spark.lock scripts/install scripts/system_packages
	@scripts/system_packages spark
	@PYTHON="$(PYTHON)" scripts/install requirements-spark.lock .venv-spark
	@touch $@

.privacy-key:
	@(umask 077 && $(PYTHON) -c 'import secrets; print(secrets.token_hex(32))' > $@)
	@echo "made a privacy key for the demonstration: $@ (git-ignored)"
