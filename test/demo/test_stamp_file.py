# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the times on disk."""

from fusion_perception.demo.stamp_file import StampFile


def test_rows_come_back_as_columns_and_more_may_follow(tmp_path):
    stamps = StampFile(tmp_path / "times")
    assert stamps.columns() == ([], [])
    stamps.append(10**18, 10**18 + 5)
    assert stamps.columns() == ([10**18], [10**18 + 5])
    stamps.append(-1, 2)
    assert stamps.columns() == ([10**18, -1], [10**18 + 5, 2])
    stamps.close()
    assert not list(tmp_path.iterdir())
