# LLM Labs. `make` alone lists what there is. Every target is safe to run twice.

.DEFAULT_GOAL := help
.PHONY: help run test models bench workshop system
.NOTPARALLEL:
.SUFFIXES:

# Any Python 3.11 to 3.13; the first that fits, or the one you name: make run PYTHON=python3.12
PYTHON ?= $(shell for p in python3 python3.12 python3.13 python3.11 python; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	2>/dev/null && echo $$p && break; done)
VENV_PYTHON := .venv/bin/python
MODEL := smollm2-135m-instruct

help: ## List the targets
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1	\2/p' Makefile | expand -t 18

# The address is named, since Streamlit would ask the internet for it.
run: .venv/app-installed ## Start the app; the first time it installs everything and fetches the model
	@echo "Fetching the language model of the labs, unless it is there"
	@$(VENV_PYTHON) -m core.model_store fetch $(MODEL) \
		|| echo "Starting without the model: its labs will ask for it again when you open them."
	@echo "Starting LLM Labs"
	@exec $(VENV_PYTHON) -m streamlit run Home.py --browser.serverAddress localhost

test: system .venv/dev-installed ## Run the linter and every test, browser tests included
	@echo "Fetching the model that the tests run, unless it is there"
	@$(VENV_PYTHON) -m core.model_store fetch $(MODEL) \
		|| { echo "The tests need the real model. Connect to the internet and run this again." >&2; exit 1; }
	$(VENV_PYTHON) -m ruff check .
	$(VENV_PYTHON) -m ruff format --check .
	$(VENV_PYTHON) -m pytest

models: .venv/app-installed ## Fetch every offline model and vocabulary, for a room without internet
	@$(VENV_PYTHON) -m core.model_store fetch --offline \
		|| { echo "Not everything could be fetched; the lines above say what and why." >&2; exit 1; }

bench: .venv/dev-installed ## Measure speed against named peers
	@$(VENV_PYTHON) -m core.model_store fetch $(MODEL)
	$(VENV_PYTHON) -m pytest -m bench -s tests/benchmarks

workshop: .venv/app-installed ## Serve a room without internet: check the models, show address and QR code
	@$(VENV_PYTHON) -m core.workshop

# The virtual environment. The stamps remember which requirements are installed.

$(VENV_PYTHON):
	@test -n "$(PYTHON)" || { \
		echo "LLM Labs needs Python 3.11, 3.12 or 3.13, and none was found." >&2; \
		echo "Install one, or name it: make run PYTHON=/path/to/python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
		echo "$(PYTHON) is not Python 3.11, 3.12 or 3.13. Name another: make run PYTHON=python3.12" >&2; exit 1; }
	@echo "Making the virtual environment .venv with $(PYTHON)"
	@$(PYTHON) -m venv --clear .venv || { rm -rf .venv; \
		echo "The virtual environment could not be made. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }

.venv/app-installed: requirements.txt $(VENV_PYTHON)
	@echo "Installing what the app needs (some minutes the first time)"
	@$(VENV_PYTHON) -m pip install --disable-pip-version-check -r requirements.txt \
		|| { echo "Installing failed; the lines above say why. Is the package index reachable? Then run this again." >&2; exit 1; }
	@touch $@

.venv/dev-installed: requirements-dev.txt .venv/app-installed
	@echo "Installing what the tests need"
	@$(VENV_PYTHON) -m pip install --disable-pip-version-check -r requirements-dev.txt \
		|| { echo "Installing failed; the lines above say why. Is the package index reachable? Then run this again." >&2; exit 1; }
	@touch $@

# What only the system can give the tests: Chromium, and on a bare Debian the venv module.
# apt is used where it is allowed without asking for a password.
system:
	@missing=""; \
	command -v chromium >/dev/null || command -v chromium-browser >/dev/null \
		|| command -v google-chrome >/dev/null || missing="chromium"; \
	test -e $(VENV_PYTHON) || test -z "$(PYTHON)" || $(PYTHON) -c 'import ensurepip' 2>/dev/null \
		|| missing="$$missing python3-venv"; \
	test -n "$$missing" || exit 0; \
	as_root=""; test "$$(id -u)" = 0 || as_root="sudo -n"; \
	if command -v apt-get >/dev/null 2>&1 && $$as_root true 2>/dev/null; then \
		echo "Installing with apt:" $$missing; \
		$$as_root apt-get update -q && DEBIAN_FRONTEND=noninteractive \
		$$as_root apt-get install -q -y --no-install-recommends $$missing && exit 0; \
	fi; \
	echo "The tests need what is missing here:" $$missing". Install it, then run this again." >&2; exit 1
