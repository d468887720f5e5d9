# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from fusion_perception.errors import DataError
from fusion_perception.lab.data.dataset import PairDataset
from fusion_perception.labels import FMB15, MSRS9

MSRS = Path(__file__).resolve().parents[4] / "shared" / "data" / "msrs"
RNG = np.random.default_rng(0)


def _write(path, channels=3, size=(20, 24), top=256):
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = size if channels == 1 else (*size, channels)
    image = RNG.integers(0, top, shape, np.uint8)
    assert cv2.imwrite(str(path), image)
    return image


def _msrs(root, names=("1D", "2N"), labels=True):
    for name in names:
        _write(root / "vi" / f"{name}.png")
        _write(root / "ir" / f"{name}.png", 1)
        if labels:
            _write(root / "Segmentation_labels" / f"{name}.png", 1, top=9)
    return root


def test_flat_layout_with_day_and_night(tmp_path):
    dataset = PairDataset(_msrs(tmp_path))
    assert dataset.layout.name == "msrs" and dataset.label_set is MSRS9
    assert dataset.names == ("1D", "2N") and dataset.split == "all"
    assert [item.time for item in dataset] == ["day", "night"]
    assert dataset[0].kind == "masks" and dataset[0].annotated is None and dataset[0].boxes == {}
    assert dataset[0].labels.max() < 9


def test_labels_and_annotations_are_optional(tmp_path):
    item = PairDataset(_msrs(tmp_path, ("x",), labels=False))[0]
    assert item.labels is None and item.time is None


def test_two_kinds_of_labels(tmp_path):
    _msrs(tmp_path)
    box = [[0, 1, 2, 3, 4]]
    (tmp_path / "annotations.json").write_text(
        json.dumps({"1D": {"source": "consensus", "boxes": {"fusion": box}}, "2N": {"source": "boxes", "boxes": {}}})
    )
    consensus, grown = PairDataset(tmp_path)
    assert (consensus.kind, consensus.annotated) == ("consensus", None)
    assert consensus.boxes["fusion"][0].label == "person"
    assert (grown.kind, grown.annotated) == ("boxes", (0, 1, 2, 3))


def test_splits_by_name_and_by_file(tmp_path):
    _msrs(tmp_path)
    (tmp_path / "val.txt").write_text("2N\n")
    other = tmp_path / "elsewhere.txt"
    other.write_text("1D.png\n")
    assert PairDataset(tmp_path, "val").names == ("2N",)
    assert PairDataset(tmp_path, other).names == ("1D",)
    assert PairDataset(tmp_path, "val").split == "val"
    with pytest.raises(DataError, match=r"no split 'trian': .* \(elsewhere, val\)"):
        PairDataset(tmp_path, "trian")


def test_folder_splits(tmp_path):
    for split, name in (("train", "a"), ("test", "b")):
        _write(tmp_path / split / "Visible" / f"{name}.png")
        _write(tmp_path / split / "Infrared" / f"{name}.png", 3)
        _write(tmp_path / split / "Label" / f"{name}.png", 1, top=15)
    assert PairDataset(tmp_path, "train").names == ("a",)
    dataset = PairDataset(tmp_path)
    assert dataset.names == ("b",) and dataset.label_set is FMB15 and dataset.split == "test"
    assert dataset[0].thermal.ndim == 2 and dataset[0].labels is not None
    with pytest.raises(DataError, match=r"\(train, test\)"):
        PairDataset(tmp_path, "val")
    names = tmp_path / "names.txt"
    names.write_text("b\n")
    with pytest.raises(DataError, match="has folders as splits"):
        PairDataset(tmp_path, names)


def test_packed_pairs_of_mfnet(tmp_path):
    image = _write(tmp_path / "images" / "00001D.png", 4)
    _write(tmp_path / "labels" / "00001D.png", 1, top=9)
    (tmp_path / "test_day.txt").write_text("00001D\n")
    item = PairDataset(tmp_path, "test_day")[0]
    assert (item.thermal == image[..., 3]).all()
    assert (item.rgb == image[..., 2::-1]).all()
    assert item.labels is not None and item.time == "day"


def test_packed_pairs_come_in_order_of_name_each_once(tmp_path):
    for name in ("00001D", "00002D"):
        _write(tmp_path / "images" / f"{name}.png", 4)
    (tmp_path / "val.txt").write_text("00002D\n00001D\n00002D.png\n")
    dataset = PairDataset(tmp_path, "val")
    assert dataset.names == ("00001D", "00002D")
    assert dataset.paths[1] == tmp_path / "images" / "00002D.png"


def test_packed_pairs_without_a_fourth_channel_are_named(tmp_path):
    _write(tmp_path / "images" / "a.png", 3)
    with pytest.raises(DataError, match="a packed pair is uint8 with four channels"):
        PairDataset(tmp_path)[0]


@pytest.mark.parametrize(
    ("rgb", "thermal", "name"),
    [
        ("crop_LR_visible", "cropinfrared", "roadscene"),
        ("Vis", "Ir", "m3fd"),
        ("visible/test", "infrared/test", "llvip"),
    ],
)
def test_pairs_without_labels(tmp_path, rgb, thermal, name):
    _write(tmp_path / rgb / "a.jpg")
    _write(tmp_path / thermal / "a.jpg", 1)
    dataset = PairDataset(tmp_path)
    assert dataset.layout.name == name
    assert dataset.label_set is None and dataset[0].labels is None


def test_mismatched_files_are_named(tmp_path):
    _msrs(tmp_path)
    (tmp_path / "ir" / "2N.png").unlink()
    with pytest.raises(DataError, match="'ir' lacks 2N"):
        PairDataset(tmp_path)


def test_the_real_data_set():
    if not (MSRS / "annotations.json").is_file():
        pytest.skip("../shared/data/msrs is not there")
    dataset = PairDataset(MSRS, "val")
    assert len(dataset) == 41
    items = {item.name: item for item in dataset}
    assert sum(item.kind == "consensus" for item in items.values()) == 21
    assert all(item.labels is not None and item.boxes for item in items.values())
