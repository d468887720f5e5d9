# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
# fusion_perception: `make demo` shows it at work, `make test` checks it. Each sets up .venv by itself.
# Needed: Linux, Python 3.10 or newer, make. A sourced ROS 2 is used; without one, ROS 2 comes from wheels.

PYTHON ?= python3
# What the demonstration plays: synthetic, a folder with vi/ and ir/, or a bag.
DATA ?= synthetic
# Topics of a bag, where they are not found or are the wrong ones, and milliseconds to add to its thermal stamps.
THERMAL_TOPIC ?=
RGB_TOPIC ?=
THERMAL_OFFSET_MS ?=
# Pairs a second, model (a shipped name or a file), and folder of the demonstration's results.
RATE ?= 10
MODEL ?= realtime
OUT ?= out/demo
# Camera whose picture stands still in the middle third of it: thermal or rgb.
FREEZE ?=
# Moving picture of the run to write as well, for example street.webp.
PICTURE ?=
# NODE=1: make bench measures fusion_node as well, over the real middleware.
NODE ?=
# The torch that tests and training use; any release from 2.4 on works.
TORCH ?= torch==2.13.0
# Arguments for pytest, for example TESTS="test/sync -k loop"; "-p no:randomly" keeps the order of the files.
TESTS ?=
# One worker a core; a file's tests stay together, for they share what is dear to make. PARALLEL= runs one by one.
PARALLEL ?= --numprocesses auto --maxprocesses 8 --dist loadfile --no-loadscope-reorder

VENV := .venv
BIN := $(VENV)/bin
# A value as one word of the shell, whatever is in it: spaces, apostrophes, dollars.
quoted = '$(subst ','\'',$(1))'
# An option with a value, where there is one.
option = $(if $(2),$(1) $(call quoted,$(2)))
# "system" where ROS 2 is sourced for this Python, else "wheels".
ROS := $(shell $(call quoted,$(PYTHON)) -c 'import os, importlib.util as u; print("system" if os.environ.get("AMENT_PREFIX_PATH") and u.find_spec("rclpy") else "wheels")' 2>/dev/null)
comma := ,
EXTRAS := $(if $(filter system,$(ROS)),,$(comma)ros)
# The stamps carry a key of everything that the installation depends on, so that a change of it installs anew.
KEY := $(shell { cat Makefile .ci/venv setup.py pyproject.toml; echo $(call quoted,$(ROS) $(CURDIR) $(TORCH)); $(call quoted,$(PYTHON)) -VV; } 2>/dev/null | cksum | cut -d ' ' -f 1)
# Install for one purpose, which is told: $(call install,what for,arguments of pip)
install = .ci/install $(call quoted,$(1)) $(BIN)/python --constraint $(VENV)/constraints.txt $(2)

.DEFAULT_GOAL := help
.PHONY: help demo test lint docs bench gpu-check clean
.DELETE_ON_ERROR:

help:  ## Say what can be made.
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile
	@printf '  %s\n' $(call quoted,DATA=$(DATA) RATE=$(RATE) MODEL=$(MODEL) OUT=$(OUT) PYTHON=$(PYTHON) ROS 2: $(ROS))

demo: $(VENV)/demo-$(KEY)  ## Play a source through the node and write out/demo/report.html.
	@$(BIN)/python -m fusion_perception.cli demo --data $(call quoted,$(DATA)) --rate $(call quoted,$(RATE)) --model $(call quoted,$(MODEL)) --out $(call quoted,$(OUT)) $(call option,--freeze,$(FREEZE)) $(call option,--picture,$(PICTURE)) $(call option,--thermal-topic,$(THERMAL_TOPIC)) $(call option,--rgb-topic,$(RGB_TOPIC)) $(if $(THERMAL_OFFSET_MS),--thermal-offset-ms=$(call quoted,$(THERMAL_OFFSET_MS)))

test: $(VENV)/dev-$(KEY)  ## Run all tests.
	@$(BIN)/python -m pytest $(PARALLEL) $(TESTS)

lint: $(VENV)/dev-$(KEY)  ## Check style, types, and who imports whom.
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

docs: $(VENV)/docs-$(KEY)  ## Make a site of the documents, out/docs/index.html, and check their links.
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet
	@echo "open out/docs/index.html in a browser"

bench: $(VENV)/bench-$(KEY) $(if $(NODE),$(VENV)/demo-$(KEY))  ## Measure the shipped models on this machine; prints a table.
	@$(BIN)/python -m fusion_perception.cli bench --json out/bench.json $(if $(NODE),--node)

# Installs nothing: PYTHON names a Python that has torch with CUDA. DATA times the training as well.
gpu-check:  ## Check and measure the backends on a machine with an NVIDIA GPU, in a few minutes.
	@$(call quoted,$(PYTHON)) -m tools.gpu_check $(if $(filter-out synthetic,$(DATA)),--data $(call quoted,$(DATA)))

clean:  ## Remove .venv and everything that was made.
	rm -rf $(VENV) out build install log .pytest_cache .mypy_cache .ruff_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/demo-$(KEY): $(VENV)/base-$(KEY)
	@$(call install,the demonstration,--editable '.[demo$(EXTRAS)]')
	@touch $@

$(VENV)/bench-$(KEY): $(VENV)/base-$(KEY)
	@$(call install,the benchmark,--editable '.[bench]')
	@touch $@

$(VENV)/docs-$(KEY): $(VENV)/base-$(KEY)
	@$(call install,the site,--editable '.[docs]')
	@touch $@

$(VENV)/dev-$(KEY): $(VENV)/base-$(KEY)
	@$(call install,training (torch),$(call quoted,$(TORCH)))
	@$(call install,the rest of the tests,--editable '.[dev$(EXTRAS)]')
	@touch $@ $(VENV)/demo-$(KEY) $(VENV)/bench-$(KEY)

$(VENV)/base-$(KEY):
	@.ci/venv $(call quoted,$(PYTHON)) '$(VENV)' '$(ROS)'
	@rm -f $(VENV)/base-* $(VENV)/bench-* $(VENV)/demo-* $(VENV)/dev-* $(VENV)/docs-*
	@touch $@
