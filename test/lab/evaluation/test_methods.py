# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import cv2
import numpy as np
import pytest

from fusion_perception.errors import DataError, ModelError
from fusion_perception.lab.evaluation.methods import BaselineMethod, FolderMethod, ModelMethod, open_method

THERMAL = np.array([[0, 255, 9]], np.uint8)
RGB = np.array([[[255, 255, 255], [254, 254, 254], [4, 4, 4]]], np.uint8)


def test_baselines_by_hand():
    assert BaselineMethod("average").run("x", THERMAL, RGB).fused.tolist() == [[127, 254, 6]]
    assert BaselineMethod("max").run("x", THERMAL, RGB).fused.tolist() == [[255, 255, 9]]
    assert BaselineMethod("max").run("x", None, RGB).fused.tolist() == [[255, 254, 4]]
    assert BaselineMethod("average").run("x", THERMAL, None).fused.tolist() == [[0, 127, 4]]


def test_a_folder_of_fused_images(tmp_path):
    fused = np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "a.bmp"), fused)
    cv2.imwrite(str(tmp_path / "b.png"), fused[..., 0])
    method = open_method(tmp_path)
    assert isinstance(method, FolderMethod)
    rgb = np.zeros((6, 8, 3), np.uint8)
    assert (method.run("a", rgb[..., 0], rgb).fused == fused[..., ::-1]).all()
    assert method.run("b", rgb[..., 0], rgb).fused.shape == (6, 8, 3)
    assert method.run("a", rgb[..., 0], rgb).mask is None
    with pytest.raises(DataError, match="no fused image 'c'"):
        method.run("c", rgb[..., 0], rgb)
    with pytest.raises(DataError, match="6 x 8, but the pair is 3 x 8"):
        method.run("a", rgb[:3, :, 0], rgb[:3])


def test_an_empty_folder_and_an_unknown_name_are_named(tmp_path):
    with pytest.raises(DataError, match="no images"):
        open_method(tmp_path)
    with pytest.raises(ModelError, match="no model named 'median'"):
        open_method("median")
    with pytest.raises(ModelError, match="allowed: average, max"):
        BaselineMethod("median")


def test_a_model_runs_at_the_size_of_the_pair(tmp_path):
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    from test.engine.tiny_model import tiny_model

    path = tmp_path / "tiny.onnx"
    path.write_bytes(tiny_model())
    method = open_method(path)
    assert isinstance(method, ModelMethod)
    thermal, rgb = np.full((24, 40), 200, np.uint8), np.full((24, 40, 3), 100, np.uint8)
    output = method.run("x", thermal, rgb)
    assert output.fused.shape == (24, 40, 3) and (output.fused == 150).all()
    assert (output.mask == 1).all() and output.attribution is None and output.engine_ms > 0
    assert method.run("x", thermal, rgb, attribution=True).attribution.shape == (24, 40)
    assert method.run("x", thermal, None).fused.shape == (24, 40, 3)
    assert method.describe().labels[2] == "person"
    method.close()
