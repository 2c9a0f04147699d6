# make demo and make test need python3 with venv, git and make; nothing else.
# They make .venv from the pinned, hashed files in requirements/ when it is missing or stale.

VENV := .venv
BIN := $(VENV)/bin
ARGS :=
FAULTS := 2000

.DEFAULT_GOAL := help
.PHONY: help demo test check format install uninstall bench crash corrupt soak docs lock wheel env-run env-dev clean

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1|/p' $(MAKEFILE_LIST) | while IFS='|' read -r name doc; \
		do printf '%-18s %s\n' "$$name" "$$doc"; done

demo: env-run ## lose work in eight real ways and bring each back (ARGS="--repo URL")
	$(BIN)/git-timewarp demo $(ARGS)

test: env-dev ## run the whole suite (ARGS="tests/store -x")
	$(BIN)/python -m pytest -n auto $(ARGS)

check: env-dev ## linter, types, import contract, shell scripts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	sh contrib/check-shell.sh

format: env-dev ## let the formatter and the linter repair what they can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

install: ## install for this user, or upgrade (METHOD=uv|pipx|venv)
	@METHOD="$(METHOD)" sh contrib/install.sh install

uninstall: ## take the installed program away
	@sh contrib/install.sh uninstall

bench: env-dev ## measure every budget and write docs/benchmarks.md
	$(BIN)/python -m tests.bench $(ARGS)

crash: env-dev ## kill every mutation at every step, not at a sample of them
	$(BIN)/python -m pytest -n auto --crash-all tests/crash $(ARGS)

corrupt: env-dev ## damage our files in 2,000 random ways, look what is told and healed
	$(BIN)/python -m pytest -n auto --corruptions $(FAULTS) tests/corruption $(ARGS)

soak: env-dev ## an hour of a developer, with a watcher that is killed (ARGS="--minutes 5 --seed 2")
	$(BIN)/python -m pytest -n 0 -s --minutes 60 tests/soak/test_soak.py $(ARGS)

docs: env-dev ## write the generated pages of docs/reference
	$(BIN)/python -m tests.support.reference

lock: ## pin the newest allowed versions (needs uv)
	sh contrib/lock.sh

wheel: env-dev ## build a wheel into dist/
	$(BIN)/python -m hatchling build -t wheel

clean: ## remove what was built
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis

env-run:
	@VENV=$(VENV) sh contrib/env.sh run

env-dev:
	@VENV=$(VENV) sh contrib/env.sh dev
