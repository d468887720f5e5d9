# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A folder becomes a bag and comes back; so does a bag."""

import cv2
import numpy as np
import pytest

pytest.importorskip("rosbags", reason="rosbags is not installed")
pytest.importorskip("mcap", reason="mcap is not installed")

from fusion_perception.bags.bag_source import BagSource
from fusion_perception.cli.main import main
from test.bags.kinds import KINDS
from test.bags.make_bag import START_NS, plain_bag, rgb_image, thermal_image


def pairs_folder(folder, number=4, dtype=np.uint8, labels=False):
    for k in range(number):
        images = {"vi": rgb_image(k)[..., ::-1], "ir": thermal_image(k, dtype)}
        if labels and k % 2:
            images["Segmentation_labels"] = np.full((24, 32), k, np.uint8)
        for name, image in images.items():
            (folder / name).mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(folder / name / f"{k:05d}N.png"), image)
    return folder


@pytest.mark.parametrize("compressed", [False, True], ids=["raw", "compressed"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_folder_becomes_a_bag(tmp_path, compressed, dtype):
    folder, bag = pairs_folder(tmp_path / "pairs", dtype=dtype), tmp_path / "bag"
    assert (
        main(["convert", str(folder), "--out", str(bag), "--rate", "20", *(["--compressed"] if compressed else [])])
        == 0
    )
    told = []
    pairs = list(BagSource(bag, warn=told.append))
    assert not told
    assert [pair.rgb.stamp_ns - pairs[0].rgb.stamp_ns for pair in pairs] == [0, 50_000_000, 100_000_000, 150_000_000]
    for number, pair in enumerate(pairs):
        np.testing.assert_array_equal(pair.thermal.image, thermal_image(number, dtype))
        assert np.abs(pair.rgb.image.astype(int) - rgb_image(number)).mean() < (20 if compressed else 0.001)


def test_a_bag_becomes_a_folder_and_comes_back_with_its_stamps(tmp_path):
    bag, folder, again = plain_bag(tmp_path / "bag", 5, np.uint16), tmp_path / "folder", tmp_path / "again"
    assert main(["convert", str(bag), "--out", str(folder)]) == 0
    for number in range(5):
        thermal = cv2.imread(str(folder / "ir" / f"{number:06d}.png"), cv2.IMREAD_UNCHANGED)
        np.testing.assert_array_equal(thermal, thermal_image(number, np.uint16))
        np.testing.assert_array_equal(
            cv2.imread(str(folder / "vi" / f"{number:06d}.png"))[..., ::-1], rgb_image(number)
        )
    assert (folder / "times.csv").read_text().splitlines()[1] == f"000000,{START_NS},{START_NS + 8_000_000}"
    assert main(["convert", str(folder), "--out", str(again)]) == 0
    first, second = list(BagSource(bag)), list(BagSource(again))
    assert [(pair.rgb.stamp_ns, pair.offset_ns) for pair in first] == [(p.rgb.stamp_ns, p.offset_ns) for p in second]
    assert all(np.array_equal(a.thermal.image, b.thermal.image) for a, b in zip(first, second, strict=True))


def test_labels_go_there_and_back(tmp_path):
    folder = pairs_folder(tmp_path / "pairs", labels=True)
    assert main(["convert", str(folder), "--out", str(tmp_path / "bag")]) == 0
    assert main(["convert", str(tmp_path / "bag"), "--out", str(tmp_path / "back")]) == 0
    labels = {path.name: cv2.imread(str(path), 0) for path in (tmp_path / "back" / "Segmentation_labels").iterdir()}
    assert sorted(labels) == ["000001.png", "000003.png"]
    assert (labels["000003.png"] == 3).all()


def test_clocks_that_were_corrected_stay_corrected(tmp_path):
    (kind,) = [kind for kind in KINDS if kind.name == "clocks an hour apart"]
    assert main(["convert", str(kind.make(tmp_path)), "--out", str(tmp_path / "folder")]) == 0
    row = (tmp_path / "folder" / "times.csv").read_text().splitlines()[1].split(",")
    assert abs(int(row[1]) - int(row[2])) < 50_000_000


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,rgb\n", "its first line is not name,rgb_stamp_ns,thermal_stamp_ns"),
        ("name,rgb_stamp_ns,thermal_stamp_ns\n00000N,0,5\n", "a stamp of '00000N' is out of range"),
        ("name,rgb_stamp_ns,thermal_stamp_ns\n00000N,soon,5\n", "times.csv cannot be used"),
    ],
)
def test_times_that_make_no_sense_are_told(tmp_path, capsys, text, message):
    folder = pairs_folder(tmp_path / "pairs")
    (folder / "times.csv").write_text(text)
    assert main(["convert", str(folder), "--out", str(tmp_path / "bag")]) == 2
    assert message in capsys.readouterr().err


def test_one_camera_is_no_folder_of_pairs(tmp_path, capsys):
    (kind,) = [kind for kind in KINDS if kind.name == "RGB camera alone"]
    assert main(["convert", str(kind.make(tmp_path)), "--out", str(tmp_path / "folder")]) == 2
    assert "has the images of one camera alone" in capsys.readouterr().err


def test_what_is_in_the_way_is_left_alone(tmp_path, capsys):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "mine.txt").write_text("mine")
    assert main(["convert", str(plain_bag(tmp_path / "bag", 2)), "--out", str(tmp_path / "folder")]) == 2
    assert "is not empty; give a new folder" in capsys.readouterr().err
