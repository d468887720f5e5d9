# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs PyTorch")

from fusion_perception.errors import DataError
from fusion_perception.lab.data.dataset import PairDataset
from fusion_perception.lab.training.samples import load_samples
from test.lab.training.scenes import write_dataset


def test_samples_of_a_data_set(tmp_path: Path) -> None:
    root = write_dataset(tmp_path / "data")
    (root / "annotations.json").write_text(
        '{"00000D": {"source": "boxes", "boxes": {}}, "00001N": {"source": "consensus", "boxes": {}}}'
    )
    loaded = load_samples(PairDataset(root, "train"))
    assert [s.name for s in loaded[:2]] == ["00000D", "00001N"]
    assert [s.complete for s in loaded[:2]] == [False, True]
    assert [s.key for s in loaded[:2]] == ["day", "night"]
    (root / "Segmentation_labels/00000D.png").unlink()
    with pytest.raises(DataError, match="'00000D' has no labels"):
        load_samples(PairDataset(root, "train"))


def test_deep_thermal_images_are_brought_to_eight_bit(tmp_path: Path) -> None:
    root = write_dataset(tmp_path / "data", 3, 1)
    grey = cv2.imread(str(root / "ir/00000D.png"), cv2.IMREAD_UNCHANGED)
    cv2.imwrite(str(root / "ir/00000D.png"), grey.astype(np.uint16) * 100 + 3000)
    sample = load_samples(PairDataset(root, "train"))[0]
    assert sample.thermal.dtype == np.uint8
    assert np.corrcoef(sample.thermal.ravel(), grey.ravel())[0, 1] > 0.99


def test_a_thermal_image_that_is_larger_is_averaged_down(tmp_path: Path) -> None:
    root = write_dataset(tmp_path / "data")
    height, width = cv2.imread(str(root / "vi/00000D.png")).shape[:2]
    stripes = np.zeros((4 * height, 4 * width), np.uint8)
    stripes[:, ::4] = stripes[:, 3::4] = 200  # pixels in the middle between others show none of them
    cv2.imwrite(str(root / "ir/00000D.png"), stripes)
    (sample,) = (s for s in load_samples(PairDataset(root, "train")) if s.name == "00000D")
    assert sample.thermal.shape == (height, width)
    assert 90 < sample.thermal.mean() < 110
