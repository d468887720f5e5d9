# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The replay's memory does not grow with what it has played; the recorder has its test in test/demo/recorder."""

import itertools
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from test.ros_environment import ros_environment

pytest.importorskip("rclpy", reason="rclpy is not installed (make test installs it)")
pytest.importorskip("onnx", reason="onnx is not installed (make test installs it)")
from test.demo.memory_replay import least_bytes

pytestmark = pytest.mark.ros
ROOT = Path(__file__).parents[2]
MOST_BYTES = 60  # a pair; over 20,000 pairs it is below 20, and over so few the allocator's pages count


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_pairs():
    span = ["--pairs", "4500", "--warm-up", "1500"]
    result = subprocess.run(
        [sys.executable, "-m", "test.demo.memory_replay", "replay", *span],
        cwd=ROOT, env=ros_environment(), capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    findings = json.loads(result.stdout.splitlines()[-1])
    assert findings["bytes_per_pair"] < MOST_BYTES, findings


def test_what_is_in_hand_for_a_moment_is_no_growth():
    looks, memory = [], itertools.cycle([70, 90, 60, 90])

    def look(_):
        looks.append(next(memory))
        return looks[-1]

    def work():
        deadline = time.monotonic() + 30
        while len(looks) < 4 and time.monotonic() < deadline:
            time.sleep(0.01)

    assert least_bytes(1, work, look) == 60
