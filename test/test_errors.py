# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the sentence that a missing package gets."""

import sys

import pytest

from fusion_perception.errors import BackendError, require


@pytest.mark.parametrize(
    ("prefix", "command"),
    [
        ("/usr", "with: pip install absent_thing"),
        ("/it's/.venv", "with: '/it'\"'\"'s/.venv/bin/python' -m pip install absent_thing"),
    ],
)
def test_the_pip_that_is_named_is_the_one_of_this_environment(prefix, command, monkeypatch):
    monkeypatch.setattr(sys, "prefix", prefix)
    monkeypatch.setattr(sys, "base_prefix", "/usr")
    monkeypatch.setattr(sys, "executable", f"{prefix}/bin/python")
    with pytest.raises(BackendError, match="a purpose needs the package 'absent_thing'") as error:
        require("absent_thing.part", "a purpose")
    assert str(error.value).endswith(command)
