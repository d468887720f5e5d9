# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What is said of a bag."""

import json

import pytest

pytest.importorskip("rosbags", reason="rosbags is not installed")
pytest.importorskip("mcap", reason="mcap is not installed")

from fusion_perception.bags.bag_info import BAG_INFO
from fusion_perception.cli.main import main
from test.bags.kinds import KINDS
from test.bags.make_bag import plain_bag
from test.bags.test_folder_and_bag import pairs_folder


def kind(name):
    (found,) = [item for item in KINDS if item.name == name]
    return found


def said(capsys, *arguments):
    assert main(["bag-info", *map(str, arguments)]) == 0
    return capsys.readouterr().out


def test_a_good_bag(tmp_path, capsys):
    bag = plain_bag(tmp_path / "a drive")
    text = said(capsys, bag)
    assert "1 file, 1.1 s, 24 messages" in text
    assert "pairs: 12; thermal is +8.0 ms from RGB (median; 95 % within 8.0 ms), tolerance 50.0 ms" in text
    assert "clock: the stamps of the cameras; +0.0 ms are added to thermal stamps" in text
    assert "damaged: nothing" in text
    assert f"next: fusion-perception process '{bag}' --out 'out/a drive'" in text
    (row,) = [line.split() for line in text.splitlines() if "/flir/image_raw" in line]
    assert row == [
        "/flir/image_raw",
        "sensor_msgs/msg/Image",
        "12",
        "10.0",
        "32",
        "x",
        "24",
        "mono8",
        "grey",
        "thermal",
    ]


def test_as_json_it_is_one_document(tmp_path, capsys):
    values = json.loads(said(capsys, kind("one damaged image").make(tmp_path), "--json"))
    info = BAG_INFO.read(values)
    assert (info.pairs, info.thermal_topic, info.rgb_topic) == (11, "/flir/image_raw", "/camera/image_raw")
    (rgb,) = [topic for topic in info.topics if topic.camera == "rgb"]
    assert (rgb.usable, rgb.damaged, rgb.width, rgb.height) == (11, 1, 32, 24)
    assert "cannot be read" in rgb.reason


def test_quick_counts_nothing(tmp_path, capsys):
    text = said(capsys, plain_bag(tmp_path / "bag"), "--quick")
    assert "pairs: not counted" in text
    assert "damaged" not in text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("clocks an hour apart", ["-3600000.0 ms are added to thermal stamps", "the clocks of the cameras differ"]),
        ("all stamps are 0", ["clock: the times of the recorder"]),
        ("mcap, a damaged chunk", ["damaged: bag_0.mcap: a chunk does not agree with its checksum"]),
        ("thermal camera alone", ["images of the thermal camera alone: 12"]),
        ("a stereo pair of RGB cameras", ["no pairs: ", "--thermal-topic TOPIC --rgb-topic TOPIC"]),
        ("no images", ["no pairs: ", "/clock"]),
    ],
)
def test_what_is_unusual_is_said(tmp_path, capsys, name, words):
    text = said(capsys, kind(name).make(tmp_path))
    assert all(word in text for word in words), text


def test_options_are_in_the_next_command(tmp_path, capsys):
    found = kind("a stereo pair of RGB cameras")
    text = said(capsys, found.make(tmp_path), "--rgb-topic", "/left/image_raw")
    assert "--out out/bag --rgb-topic /left/image_raw" in text


def test_no_bag_is_one_sentence(tmp_path, capsys):
    assert main(["bag-info", str(tmp_path / "nothing")]) == 2
    assert "there is no bag" in capsys.readouterr().err


def test_a_folder_of_pairs_is_told_from_a_bag(tmp_path, capsys):
    folder = pairs_folder(tmp_path / "my pairs", 3)
    text = said(capsys, folder)
    assert f"{folder}: a folder of pairs, no bag" in text
    assert "pairs: 3" in text
    assert "note: " in text and "msrs" in text
    assert f"next: fusion-perception convert '{folder}' --out 'out/my pairs_bag'" in text
    (folder / "ir" / "00001N.png").write_bytes(b"no image")
    info = BAG_INFO.read(json.loads(said(capsys, folder, "--json")))
    assert (info.pairs, info.files, info.topics) == (2, (), ())
    assert "left out 1 of 3 pairs" in info.damage[0]
    assert "pairs: not counted" in said(capsys, folder, "--quick")


def test_a_folder_of_anything_is_one_sentence(tmp_path, capsys):
    (tmp_path / "readme.txt").write_text("nothing")
    assert main(["bag-info", str(tmp_path)]) == 2
    assert "none of the known layouts" in capsys.readouterr().err
