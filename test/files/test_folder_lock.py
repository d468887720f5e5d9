# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A folder is locked by one at a time, and nothing is left in it."""

import os

import pytest

from fusion_perception.files.folder_lock import lock_folder


def test_one_at_a_time(tmp_path):
    handle = lock_folder(tmp_path)
    with pytest.raises(BlockingIOError):
        lock_folder(tmp_path)
    os.close(handle)
    os.close(lock_folder(tmp_path))
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        lock_folder(tmp_path / "nothing")
