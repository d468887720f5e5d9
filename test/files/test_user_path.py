# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from fusion_perception.errors import DataError
from fusion_perception.files.user_path import user_path


def test_homes(monkeypatch):
    monkeypatch.setenv("HOME", "/home/somebody")
    assert user_path("~/x") == Path("/home/somebody/x")
    assert user_path("a/~") == Path("a/~")
    with pytest.raises(DataError, match=r"the home folder in '~nobody_lives_here/x' is not known"):
        user_path("~nobody_lives_here/x")
