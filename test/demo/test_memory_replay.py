# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The replay's memory does not grow with what it has played; the recorder's is measured in test/demo."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from test.ros_environment import ros_environment

for name in ("rclpy", "onnx"):
    pytest.importorskip(name, reason=f"{name} is not installed (make test installs it)")

pytestmark = [pytest.mark.ros, pytest.mark.slow]
ROOT = Path(__file__).parents[2]
MOST_BYTES = 60  # a pair; over 20,000 pairs it is below 20, and over so few the allocator's pages count


def test_memory_does_not_grow_with_the_number_of_pairs():
    command = [sys.executable, "-m", "test.demo.memory_replay", "replay", "--pairs", "4500", "--warm-up", "1500"]
    result = subprocess.run(
        command, cwd=ROOT, env=ros_environment(), capture_output=True, text=True, timeout=180, check=False
    )
    assert result.returncode == 0, result.stderr
    findings = json.loads(result.stdout.splitlines()[-1])
    assert findings["bytes_per_pair"] < MOST_BYTES, findings
