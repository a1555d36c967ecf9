# On a fresh machine, Python 3.11 or later with pip and venv is all that is needed.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help demo test lint proto man screenshots bench fuzz search soak storm kills clean keys

help:
	@echo "make demo         show gvtui at work"
	@echo "make test         all checks and tests, with real sandboxes where runsc can run them"
	@echo "make lint         the checks alone"
	@echo "make proto        generate the protobuf modules from proto/"
	@echo "make man          make the man page from the help texts"
	@echo "make keys         draw the README's table of keys"
	@echo "make screenshots  draw the pictures of the README"
	@echo "make bench        measure"
	@echo "make fuzz         random input for all that reads strangers' bytes, SECONDS=60 for each"
	@echo "make search       other examples for the property tests than make test has, and more of them"
	@echo "make soak         a sandbox at full rate for MINUTES=30: nothing grows, nothing is missing"
	@echo "make kills        SIGKILL at MOMENTS=100: every trace opens, and is an exact prefix"
	@echo "make storm        200 sandboxes and a storm of connections: nothing lost, all in order"

# The program alone, and with what its development needs.
APP := .venv/.app-installed
DEV := .venv/.dev-installed

$(APP): pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check --progress-bar off -e .
	touch $@

$(DEV): pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check --progress-bar off -e '.[dev]'
	touch $@ $(APP)

demo: $(APP)
	$(BIN)/gvtui demo

lint: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Tests of screens wait for half of their time, so there are two workers for each processor. Sandboxes do
# the work themselves: one worker for each, and a module of tests shares its sandboxes.
WORKERS ?= $(shell expr 2 \* $$(nproc))
test: lint
	$(BIN)/pytest -n $(WORKERS) --dist worksteal -m 'not e2e'
	$(BIN)/pytest -n auto --dist loadfile -m 'e2e and not alone' tests/e2e
	$(BIN)/pytest -m 'e2e and alone' tests/e2e

proto: $(DEV)
	$(BIN)/python -m grpc_tools.protoc -Igvtui/wire/pb=proto --python_out=. --pyi_out=. \
		gvtui/wire/pb/common.proto gvtui/wire/pb/container.proto \
		gvtui/wire/pb/sentry.proto gvtui/wire/pb/syscall.proto

man: $(DEV)
	$(BIN)/python -c 'from gvtui.cli import cli; from gvtui.commands.manual import page; \
		print(page(cli), end="")' > gvtui/data/gvtui.1

keys: $(DEV)
	$(BIN)/python -m tests.tui.keytable

screenshots: $(DEV)
	$(BIN)/python -m tests.tui.scenes screenshots

bench: $(DEV)
	$(BIN)/python -m tests.benchmarks

# atheris has wheels for x86_64 alone.
SECONDS ?= 60
fuzz: $(DEV)
	$(BIN)/python -m pip install --disable-pip-version-check --progress-bar off -e '.[fuzz]'
	$(BIN)/python -m tests.fuzz $(SECONDS)

search: $(DEV)
	GVTUI_EXAMPLES=search $(BIN)/pytest -n $(WORKERS) -m 'not e2e' $$(grep -rl '@given' tests)

# Both want a machine of their own: what else runs there makes sandboxes drop more, and keys slower.
MINUTES ?= 30
soak: $(DEV)
	$(BIN)/python -m tests.load.soak $(MINUTES)

storm: $(DEV)
	$(BIN)/python -m tests.load.storm

MOMENTS ?= 100
kills: $(DEV)
	$(BIN)/python -m tests.load.kills $(MOMENTS)

clean:
	rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
