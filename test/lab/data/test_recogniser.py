# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Every arrangement that people have is found, and what is none of them is told what it lacks."""

import numpy as np
import pytest

from fusion_perception.errors import DataError
from fusion_perception.lab.data.dataset import PairDataset
from fusion_perception.lab.training.splits import open_training_set
from test.lab.data import released
from test.lab.data.released import KINDS

_DAMAGED = {"masks of colours", "one damaged image"}
_FOUND = [kind for kind in KINDS if kind.layout and kind.name not in _DAMAGED]


def kind_named(name):
    (kind,) = (kind for kind in KINDS if kind.name == name)
    return kind


@pytest.mark.parametrize("kind", _FOUND, ids=lambda kind: kind.name)
def test_the_folder_is_found_and_read(tmp_path, kind):
    dataset = PairDataset(kind.make(tmp_path), kind.split)
    assert (dataset.layout.name, len(dataset)) == (kind.layout, kind.pairs)
    assert f"layout {kind.layout} " in dataset.seen and f", {kind.pairs} pairs in " in dataset.seen
    for pair in dataset:
        assert pair.rgb.shape == (*released.SIZE, 3) and pair.thermal.ndim == 2


def test_a_split_that_was_named_by_its_folder_keeps_its_masks(tmp_path):
    dataset = PairDataset(kind_named("PST900, the folder of one split").make(tmp_path))
    assert dataset.split == "train" and dataset.root == tmp_path
    assert dataset.label_set.name == "pst5" and dataset[0].labels is not None


def test_a_split_for_evaluation_is_not_trained_on(tmp_path):
    kind_named("FMB").make(tmp_path)
    assert open_training_set(tmp_path, None).split == "train"
    with pytest.raises(DataError, match="split 'test' is for evaluation"):
        open_training_set(tmp_path / "test", None)


def test_aligned_flir_is_trained_on_its_own_list(tmp_path):
    kind_named("FLIR ADAS, aligned").make(tmp_path)
    assert open_training_set(tmp_path, None).names == ("FLIR_00002", "FLIR_00006")
    with pytest.raises(DataError, match=r"shares 1 names with .*align_validation\.txt"):
        open_training_set(tmp_path, "align_validation")


def test_a_list_of_kaist_is_that_of_its_sets(tmp_path):
    kind_named("KAIST, all sets").make(tmp_path)
    names = tmp_path / "imageSets/train-all.txt"
    assert PairDataset(tmp_path, names).names == ("set00_V001_I00000", "set01_V000_I00001")
    names.write_text("set01/V000/visible/I00001.jpg\n")
    assert PairDataset(tmp_path / "images/set01/V000", names).names == ("I00001",)
    with pytest.raises(DataError, match=r"no pair in .* for set01/V000/visible/I00001"):
        PairDataset(tmp_path / "images/set00/V001", names)


def test_partners_of_flir_2_are_those_of_the_map(tmp_path):
    kind_named("FLIR ADAS 2").make(tmp_path)
    dataset = PairDataset(tmp_path)
    assert np.abs(dataset[2].thermal.astype(int) - released.picture(11, channels=1)).mean() < 6
    (tmp_path / "rgb_to_thermal_vid_map.json").write_text('{"a": 3}')
    with pytest.raises(DataError, match="allowed: one JSON object"):
        PairDataset(tmp_path)


def test_images_without_partner_are_told_where_the_release_has_them(tmp_path):
    kind_named("FLIR ADAS 1.3").make(tmp_path)
    assert "; 1 images without a partner are left out" in PairDataset(tmp_path).seen
    assert PairDataset(tmp_path, layout="flir-16bit")[0].thermal.dtype == np.uint16


def test_a_mask_with_a_palette_is_its_indices(tmp_path):
    labels = PairDataset(kind_named("masks with a palette").make(tmp_path))[0].labels
    np.testing.assert_array_equal(labels, released.mask())


def test_a_picture_is_turned_as_its_exif_says(tmp_path):
    rgb = PairDataset(kind_named("EXIF orientation").make(tmp_path))[0].rgb
    assert np.abs(rgb.astype(int) - released.picture(1)[..., ::-1]).mean() < 12


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("vi without ir", r"nearest is msrs \(MSRS.*\), which lacks: folder ir\. Arrange"),
        ("FMB without Infrared", r"nearest is fmb \(FMB.*\), which lacks: folder train/Infrared\. Arrange"),
        ("images with three channels", r"nearest is mfnet .*a1.png has 3; a packed pair is uint8 with four channels"),
        ("two data sets in one folder", r"holds 2 data sets: .*x \(m3fd\), .*y \(msrs\); name one of them"),
        ("an empty folder", r"none of the known layouts\. Arrange pairs as 'vi' .* kaist: 'visible' and 'lwir'; "),
    ],
)
def test_what_is_no_layout_is_told_what_it_lacks(tmp_path, name, message):
    with pytest.raises(DataError, match=message):
        PairDataset(kind_named(name).make(tmp_path))
