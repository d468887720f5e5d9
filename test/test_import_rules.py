# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests that the contracts of pyproject.toml hold, and that each of them notices a single import that breaks it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("importlinter", reason="import-linter checks the rules; pip install 'fusion_perception[dev]'")

ROOT = Path(__file__).parents[1]
KEPT = ("floors", "cycles", "torch", "torch-free", "onnxruntime", "ros", "lab-without-ros")

# File of the package, the line added at its end, the contract that it breaks.
BREACHES = {
    "runtime imports lab": ("engine/open.py", "import fusion_perception.lab.torch_engine", "floors"),
    "runtime imports demo": ("perceiver.py", "import fusion_perception.demo.settings", "floors"),
    "ros imports demo": ("ros/worker.py", "from fusion_perception.demo import settings", "floors"),
    "ros imports lab": ("ros/worker.py", "from fusion_perception.lab.data import sequence", "floors"),
    "lab imports ros": ("lab/data/boxes.py", "from fusion_perception.ros import conversion", "floors"),
    "lab imports demo": ("lab/data/boxes.py", "from fusion_perception.demo import settings", "floors"),
    "demo imports cli": ("demo/settings.py", "from fusion_perception.cli import numbers", "floors"),
    "sync imports health": ("sync/tolerance.py", "from fusion_perception.health import picture", "floors"),
    "a room without a place": ("attic.py", "", "floors"),
    "two modules import each other": (
        "engine/metadata.py",
        "from fusion_perception.engine import model_file",
        "cycles",
    ),
    "an import inside a function": (
        "engine/plan_cache.py",
        "def late():\n    from fusion_perception.engine import tensorrt_engine",
        "cycles",
    ),
    "two rooms of lab import each other": (
        "lab/nets/colour.py",
        "from fusion_perception.lab.training import frozen",
        "cycles",
    ),
    "runtime imports torch": ("preprocess/shutter.py", "def late():\n    import torch.nn", "torch"),
    "demo imports the training": (
        "demo/settings.py",
        "from fusion_perception.lab.training import trainer",
        "torch-free",
    ),
    "a tool of the laboratory imports ONNX Runtime": (
        "lab/bench/memory.py",
        "def late():\n    from onnxruntime import quantization",
        "onnxruntime",
    ),
    "health imports rclpy": ("health/picture.py", "from rclpy.node import Node", "ros"),
    "lab imports a package of ROS": ("lab/data/boxes.py", "import launch_ros.actions", "lab-without-ros"),
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the package and its rules."""
    folder = tmp_path_factory.mktemp("rules")
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "fusion_perception", folder / "fusion_perception", ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def broken(folder: Path, *contracts: str) -> list[str]:
    """Return those of the contracts that a tree breaks."""
    found = []
    for contract in contracts:
        command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as main; main()"]
        result = subprocess.run(
            [*command, "--no-cache", "--no-logo", "--contract", contract],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        report = result.stdout + result.stderr
        assert ("0 broken" in report, "1 broken" in report) == (not result.returncode, bool(result.returncode)), report
        found += [contract] if result.returncode else []
    return found


def test_the_tree_keeps_every_rule():
    assert broken(ROOT, *KEPT) == []


@pytest.mark.parametrize("breach", BREACHES)
def test_a_single_import_breaks_the_rule(copy, breach):
    name, line, contract = BREACHES[breach]
    path = copy / "fusion_perception" / name
    assert path.exists() == bool(line), f"{name} has moved: let the case follow"
    before = path.read_text(encoding="utf-8") if path.exists() else None
    path.write_text(f"{before or ''}\n{line}\n", encoding="utf-8")
    try:
        assert broken(copy, contract) == [contract]
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_text(before, encoding="utf-8")


def test_every_rule_has_an_import_that_breaks_it():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    contracts = [line.partition('"')[2].rstrip('"') for line in text.splitlines() if line.startswith("id = ")]
    assert sorted(contracts) == sorted(KEPT) == sorted({contract for _, _, contract in BREACHES.values()})
