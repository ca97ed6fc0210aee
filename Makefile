# Every target is one line that calls the `lab` command. `make` alone prints them.
.DEFAULT_GOAL := help
MODE ?= embedded
SERVER ?= localstack
DAYS ?= 7
SPEED ?= max
BENCH ?= kinesis
LAB := .venv/bin/lab
export LAB_MODE = $(MODE)

.PHONY: help install spark demo up down status logs doctor reset test lint bench lock

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: .venv/.lab ## install everything (the other targets do it when needed)

demo: .venv/.lab ## start the lab and run the hybrid pipeline (DAYS=7 SPEED=max|60x)
	@$(LAB) demo --days $(DAYS) --speed $(SPEED)

up: .venv/.lab ## start the lab (MODE=embedded|compose)
	@$(LAB) up

down: .venv/.lab ## stop the lab
	@$(LAB) down

status: .venv/.lab ## servers, addresses, memory, uptime
	@$(LAB) status

logs: .venv/.lab ## follow what a server writes (SERVER=localstack|opensearch)
	@$(LAB) logs $(SERVER) --follow

doctor: .venv/.lab ## examine this machine and say what to do
	@$(LAB) doctor

reset: .venv/.lab ## stop the lab and delete all that it stores
	@$(LAB) reset

spark: .venv/.lab .venv-spark/.spark ## install Apache Spark, for Glue jobs

test: .venv/.dev .venv-clients/.clients .venv-spark/.spark ## install what tests need and run them
	@.venv/bin/pytest

lint: .venv/.dev ## ruff and mypy
	@.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/mypy

bench: .venv/.lab ## run a benchmark (BENCH=kinesis|delivery|firehose|lambda|athena|s3|logs|bookshop|states|batch|crawler|glue_jobs|opensearch|demo|startup)
	@$(LAB) bench $(BENCH)

lock: ## compile requirements/*.txt from pyproject.toml (needs uv)
	@scripts/lock.sh

.venv/.lab: requirements/lab.txt pyproject.toml
	@scripts/install.sh lab

.venv/.dev: requirements/dev.txt pyproject.toml
	@scripts/install.sh dev
	@touch .venv/.lab

.venv-clients/.clients: requirements/clients.txt
	@scripts/install.sh clients

# Its jars are fetched by the lab.
.venv-spark/.spark: requirements/spark.txt | .venv
	@scripts/install.sh spark

.venv:
	@scripts/install.sh lab
