# Every target with `##` behind it stands in `make help`.
.DEFAULT_GOAL := help
.PHONY: help env demo gallery s3 stack stack-demo test crash check clean lock
SHELL := /bin/bash

# Another environment that the shell stands in must not leak into this one.
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME PYTHONUSERBASE

BIN := .venv/bin
STACK_LOCK := .nightreel/stack/lock
STACK_RUN := .nightreel/stack/run
CODE := $(wildcard render dags infra tests benchmarks)

help: ## Show what each target does
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

env: ## Make .venv from requirements.lock (downloads about 1.1 GB once; nothing to do when it stands)
	@infra/env.sh

demo: env ## Render the spring campaign through Airflow, Dask and the simulator, and show where the clips are
	@$(BIN)/python -m infra.demo $(ARGS)

gallery: env ## Render 43 clips of what the built-in engine shows into one page (about 8 minutes on two cores)
	@$(BIN)/nightreel run examples/gallery.yaml --store .nightreel/gallery $(ARGS)

s3: env ## Run a real S3 service on loopback, to try a store in a bucket (Ctrl-C ends it)
	@$(BIN)/python -m infra.s3 $(ARGS)

stack: env ## Run Airflow, Dask and S3 as real processes, kept alive until Ctrl-C (ARGS=--help shows options)
	@$(BIN)/python -m infra.stack $(ARGS)

stack-demo: env ## Drop the spring campaign in the running stack's inbox and watch it (starts a stack if none runs)
	@$(BIN)/python -m infra.stack_demo $(ARGS)

test: env ## Run every test (ARGS='-k words' picks some)
	@$(BIN)/python -m pytest -n 2 --dist loadscope $(ARGS)

crash: env ## Crash a small batch at each of its operations on storage, in three ways each (half an hour; ARGS=s3: hours)
	@PYTHONPATH=tests/contract $(BIN)/python tests/chaos/enumeration.py $(ARGS)

check: env ## Lint, format, types, import contracts, dependencies and the lock
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check --select AIR3 dags
	$(BIN)/pyrefly check
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/python -m infra.check_lock

clean: ## Remove caches, Airflow's home, the gallery and the stack; .venv and the store .nightreel/store stay
	@! command -v flock >/dev/null || [ ! -e $(STACK_LOCK) ] || flock -n $(STACK_LOCK) true || \
		{ echo "A stack is at work in .nightreel/stack: end it first (Ctrl-C in its terminal)." >&2; exit 1; }
	[ ! -L $(STACK_RUN) ] || case "$$(readlink $(STACK_RUN))" in */nightreel-stack-*) rm -rf "$$(readlink $(STACK_RUN))";; esac
	[ ! -d .nightreel ] || find .nightreel -mindepth 1 -maxdepth 1 ! -name store -exec rm -rf {} +
	rm -rf .airflow .pytest_cache .ruff_cache .hypothesis .import_linter_cache build dist
	find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +
	@[ ! -d .nightreel/store ] || echo "Kept: .nightreel/store, with your batches, clips and tombstones."

lock: env ## Resolve pyproject.toml into requirements.lock (ARGS=--upgrade takes the newest)
	@infra/lock.sh $(ARGS)
