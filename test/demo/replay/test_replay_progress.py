# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the line by which the replay tells its progress."""

import pytest

from fusion_perception.demo.replay.replay_progress import ReplayProgress


def test_what_is_told_is_what_is_read():
    progress = ReplayProgress(decoded=3, ready=True, pair_bytes=1_228_800, thermal=5, rgb=6)
    line = progress.to_line()
    assert "\n" not in line
    assert ReplayProgress.from_line(line + "\n") == progress


@pytest.mark.parametrize(
    "line",
    [
        "",
        "a word of a library",
        "[1]",
        "{}",
        ReplayProgress().to_line().replace("false", "1"),
        ReplayProgress(decoded=7).to_line().replace("7", '"7"'),
        ReplayProgress().to_line().replace("rgb", "blue"),
        "[" * 100_000,
    ],
)
def test_other_lines_are_none(line):
    assert ReplayProgress.from_line(line) is None
