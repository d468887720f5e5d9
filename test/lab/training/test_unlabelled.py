# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs PyTorch")

from fusion_perception.errors import DataError
from fusion_perception.lab.data.video_marks import MarkedObject, RecordingMarks, VideoMarks
from fusion_perception.lab.training.samples import OCCUPIED, fitting
from fusion_perception.lab.training.splits import open_training_set
from fusion_perception.lab.training.unlabelled import load_unlabelled, marks_of, open_unlabelled
from fusion_perception.labels import IGNORE, MSRS9
from test.lab.training.scenes import write_dataset, write_pairs


def test_pairs_of_every_size_are_made_to_fit(tmp_path: Path) -> None:
    write_pairs(tmp_path / "road", {"wide": (60, 160), "tall": (100, 50), "small": (30, 40)})
    samples = load_unlabelled(open_unlabelled([tmp_path / "road"]), (48, 64))
    assert {s.name: s.labels.shape for s in samples} == {
        "road/small": (30, 40),
        "road/tall": (48, 24),
        "road/wide": (24, 64),
    }
    for sample in samples:
        assert sample.thermal.shape == sample.labels.shape == sample.rgb.shape[:2]
        assert sample.thermal.dtype == sample.rgb.dtype == np.uint8
        assert np.all(sample.labels == IGNORE)
        assert not sample.complete
    assert fitting((480, 640), (480, 640)) == (480, 640)
    assert fitting((4000, 1), (480, 640)) == (480, 1)
    assert fitting((481, 640), (480, 640)) == (480, 639)


def test_sixteen_bits_are_brought_to_eight(tmp_path: Path) -> None:
    write_pairs(tmp_path, {"a": (40, 50)})
    grey = cv2.imread(str(tmp_path / "ir/a.png"), cv2.IMREAD_UNCHANGED)
    cv2.imwrite(str(tmp_path / "ir/a.png"), grey.astype(np.uint16) * 90 + 7000)
    (sample,) = load_unlabelled(open_unlabelled([tmp_path]))
    assert np.corrcoef(sample.thermal.ravel(), grey.ravel())[0, 1] > 0.99


def test_each_sequence_is_a_group_and_is_read_once(tmp_path: Path) -> None:
    for name in ("0002", "0001"):
        write_pairs(tmp_path / name, {"0000": (20, 20), "0001N": (20, 20)})
    found = open_unlabelled([tmp_path, tmp_path / "0002", tmp_path / "0001"])
    samples = load_unlabelled(found)
    assert [s.name for s in samples] == ["0001/0000", "0001/0001N", "0002/0000", "0002/0001N"]
    assert len({s.group for s in samples}) == 2
    assert [s.key for s in samples[:2]] == ["any", "night"]


def test_labels_beside_the_pairs_are_not_read(tmp_path: Path) -> None:
    root = write_dataset(tmp_path / "data")
    for path in (root / "Segmentation_labels").iterdir():
        path.write_bytes(b"no image")
    (root / "annotations.json").write_text("no JSON")
    (dataset,) = open_unlabelled([root])
    assert not dataset.has_labels
    samples = load_unlabelled([dataset])
    assert len(samples) == 10  # what val.txt names is left alone
    assert all(np.all(s.labels == IGNORE) for s in samples)


def test_the_training_list_of_packed_pairs_is_taken(tmp_path: Path) -> None:
    for folder in ("images", "labels"):
        (tmp_path / folder).mkdir()
    for name in ("a", "b", "c"):
        cv2.imwrite(str(tmp_path / f"images/{name}.png"), np.full((20, 20, 4), 90, np.uint8))
        (tmp_path / f"labels/{name}.png").write_bytes(b"no image")
    (tmp_path / "train.txt").write_text("a\nc\n")
    (tmp_path / "test.txt").write_text("b\n")
    assert [s.name.rpartition("/")[2] for s in load_unlabelled(open_unlabelled([tmp_path]))] == ["a", "c"]


def test_pairs_of_the_data_set_are_refused(tmp_path: Path) -> None:
    root = write_dataset(tmp_path / "data")
    with pytest.raises(DataError, match=r"10 pairs of .*data belong to the data set of --data \(00000D"):
        open_unlabelled([root], open_training_set(root, None))


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no folder"):
        open_unlabelled([tmp_path / "nowhere"])
    write_pairs(tmp_path / "a", {"x": (20, 20)})
    (tmp_path / "a/ir/x.png").write_bytes(b"")
    with pytest.raises(DataError, match=r"a/ir/x\.png: not a readable image"):
        load_unlabelled(open_unlabelled([tmp_path]))
    (tmp_path / "a/ir/x.png").unlink()
    with pytest.raises(DataError, match="'ir' lacks x"):
        open_unlabelled([tmp_path])


def video_marks(**recordings: RecordingMarks) -> VideoMarks:
    return VideoMarks(about="drawn by a test", recordings=recordings)


def street(width: int = 64, height: int = 48) -> RecordingMarks:
    car = MarkedObject("car", ("car",), {"0000": (0, 0, 32, 24), "0002": (32, 0, 64, 24)})
    return RecordingMarks(width, height, ("car", "bike"), (car, MarkedObject("x", ("person",), {"0000": (0, 0, 9, 9)})))


def test_marks_rule_out_what_is_judged_outside_of_its_boxes(tmp_path: Path) -> None:
    write_pairs(tmp_path / "street", {f"000{i}": (48, 64) for i in range(3)})
    write_pairs(tmp_path / "elsewhere", {"0000": (48, 64)})
    found = open_unlabelled([tmp_path])
    marks = marks_of(found, video_marks(street=street(), unseen=street()))
    elsewhere, *samples = load_unlabelled(found, marks=marks)
    assert elsewhere.ruled_out is None
    car, bike = (1 << MSRS9.names.index(name) for name in ("car", "bike"))
    for sample, x in zip(samples, (0, 16, 32), strict=True):
        assert sample.ruled_out is not None
        assert sample.ruled_out.shape == (48, 64)
        inside = sample.ruled_out & car == 0  # people are not judged
        assert np.array_equal(np.argwhere(inside)[[0, -1]], [[0, x], [23, x + 31]])
        assert (sample.ruled_out & bike != 0).all()
        inside[:9, :9] = True
        assert np.array_equal(sample.ruled_out >> OCCUPIED == 1, inside)
        assert (sample.ruled_out & ~np.uint32(car | bike | 1 << OCCUPIED) == 0).all()
    halved = load_unlabelled(found, (24, 32), marks)[1]
    assert halved.ruled_out is not None
    assert np.array_equal(halved.ruled_out, samples[0].ruled_out[::2, ::2])


def test_marks_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    write_pairs(tmp_path / "street", {f"000{i}": (48, 64) for i in range(3)})
    found = open_unlabelled([tmp_path])
    with pytest.raises(DataError, match="marks are of road, but the pairs without labels are in street; names of f"):
        marks_of(found, video_marks(road=street()))
    with pytest.raises(DataError, match=r"marks of 'street': object 'car', frame '0000': the box is \[0, 0, 32, 24\]"):
        marks_of(found, video_marks(street=street(width=20)))
    with pytest.raises(DataError, match="street/0000 is 64 x 48, its marks are for 65 x 48 pixels"):
        load_unlabelled(found, marks=marks_of(found, video_marks(street=street(width=65))))
