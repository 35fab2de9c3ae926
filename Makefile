# The commands of this repository. Nothing but Python (3.11 or newer) and make needs to be there.
#   make demo ARGS="--port 0 --scale large"      make test ARGS="tests/demo"

PYTHON ?= python3
RUN := .venv/bin/python
ARGS ?=
# uv keeps a cache there, and asyncpg looks for keys there: after a change of user it may be somebody else's.
export HOME := $(shell test -w "$$HOME" && echo "$$HOME" || echo "$(CURDIR)/.waypost")

.DEFAULT_GOAL := help
.PHONY: help setup demo test soak coverage schema release-schema format

help:
	@echo "make demo     start everything with data to play with (ARGS: see 'waypost demo --help')"
	@echo "make test     run everything that guards main (ARGS go to pytest)"
	@echo "make soak     run the long tests"
	@echo "make coverage run the tests slowly and say what they do not reach"
	@echo "make schema   write schema.graphql from the code"
	@echo "make release-schema  from now on, clients are written for this schema: what breaks it is announced"
	@echo "make format   format the code"

setup:
	@$(PYTHON) dev/setup.py

# exec, so that signals reach the demo; its parent is make, and it stops when make does, even by SIGKILL
demo: setup
	@exec $(RUN) -m app.cli demo --tied-to $$PPID $(ARGS)

test: setup
	@exec $(RUN) dev/check.py $(ARGS)

soak: setup
	@exec $(RUN) -m pytest -m soak $(ARGS)

coverage: setup
	@exec $(RUN) -m pytest -n 4 --dist worksteal --cov=app --cov-report=term:skip-covered $(ARGS)

schema: setup
	@exec $(RUN) -m app.cli schema --output schema.graphql

release-schema: schema
	@cp schema.graphql docs/released.graphql

format: setup
	@$(RUN) -m ruff check --fix-only --quiet .
	@$(RUN) -m ruff format .
