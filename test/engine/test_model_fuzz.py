# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Damaged model files: each opens cleanly or is refused in one sentence, and what opens runs."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from fusion_perception.engine.metadata import ModelMetadata
from fusion_perception.engine.model_file import open_model_file
from fusion_perception.errors import ModelError

from .mutation import mutate
from .tiny_model import tiny_metadata, tiny_model

pytest.importorskip("onnx", reason="the tiny test model is written with the package onnx")

SEEDS = 400

# Opens and runs every file it is given; a crash of the runtime is the exit status of this process, not of the test's.
_RUN = """
import sys
from pathlib import Path
import numpy as np
from fusion_perception.engine.onnxruntime_engine import OnnxRuntimeEngine
from fusion_perception.errors import FusionPerceptionError
for path in sorted(Path(sys.argv[1]).glob("*.onnx")):
    try:
        engine = OnnxRuntimeEngine(path, threads=1)
        shape = (engine.info.metadata.height, engine.info.metadata.width)
        engine.infer(np.zeros(shape, np.uint8), np.zeros((*shape, 3), np.uint8), attribution=True)
        print("ran")
    except FusionPerceptionError as error:
        print("refused")
"""


def test_damaged_models_open_and_run_or_are_refused(tmp_path):
    pytest.importorskip("onnxruntime", reason="opens what passed")
    data, opened = tiny_model(), 0
    path = tmp_path / "damaged.onnx"
    (tmp_path / "opened").mkdir()
    for seed in range(SEEDS):
        damaged = mutate(data, np.random.default_rng(seed))
        path.write_bytes(damaged)
        try:
            file = open_model_file(path)
        except ModelError as error:
            assert "\n" not in str(error)
            continue
        assert file.bounds.memory < 64 << 20
        (tmp_path / "opened" / f"{seed}.onnx").write_bytes(damaged)
        opened += 1
    assert 0 < opened < SEEDS // 4
    done = subprocess.run(
        [sys.executable, "-c", _RUN, str(tmp_path / "opened")], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split().count("ran") + done.stdout.split().count("refused") == opened


def test_damaged_metadata_is_read_or_refused(tmp_path):

    text = tiny_metadata(training={"seed": 7, "note": "a"}, quality={"miou": 0.5}).to_json().encode()
    read = 0
    for seed in range(SEEDS * 5):
        damaged = mutate(text, np.random.default_rng(seed)).decode("utf-8", "replace")
        try:
            metadata = ModelMetadata.from_json(damaged, "m.onnx")
        except ModelError:
            continue
        read += 1
        assert ModelMetadata.from_json(metadata.to_json(), "again") == metadata
    assert 0 < read < SEEDS
