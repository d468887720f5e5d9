# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The tests of the launch file once more, with the real launch from its sources: PyPI has neither it nor launch_ros."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
VARIABLE = "FUSION_PERCEPTION_LAUNCH_SOURCES"
SOURCES = Path(os.environ.get(VARIABLE) or "/no/sources")
FOLDERS = [SOURCES / name for name in ("launch/launch", "launch_ros/launch_ros", "osrf_pycommon")]
# Messages that launch_ros imports at once, though only composed nodes need them.
MESSAGES = "class LoadNode:\n    class Request:\n        pass\n"


@pytest.mark.skipif(importlib.util.find_spec("launch_ros") is not None, reason="test_fusion_launch.py has the real one")
@pytest.mark.skipif(
    not all(folder.is_dir() for folder in FOLDERS),
    reason=f"{VARIABLE} names no folder with checkouts of ros2/launch, ros2/launch_ros and osrf/osrf_pycommon",
)
@pytest.mark.skipif(importlib.util.find_spec("rclpy") is None, reason="rclpy is not installed")
def test_the_real_launch_makes_the_same_of_the_launch_file(tmp_path):
    (tmp_path / "composition_interfaces").mkdir()
    (tmp_path / "composition_interfaces" / "__init__.py").touch()
    (tmp_path / "composition_interfaces" / "srv.py").write_text(MESSAGES)
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    variables["PYTHONPATH"] = os.pathsep.join(map(str, [ROOT, *FOLDERS, tmp_path]))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test/launch/test_fusion_launch.py"]
    result = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stdout[-3000:]
    (skipped,) = [line for line in result.stdout.splitlines() if line.startswith("SKIPPED")]
    assert "test_real_launch.py sees the whole description at work" in skipped, "it was not the real one"
