# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the verb calibrate."""

import cv2
import numpy as np
import pytest
import yaml

from fusion_perception.bags.bag_writer import image_bytes
from fusion_perception.cli.main import EXIT_ERROR, main
from fusion_perception.lab.calibration.board import Board
from test.alignment.rig_scenes import rig, similarity
from test.bags.make_bag import RGB, START_NS, THERMAL, write_mcap
from test.bags.test_field_of_view import info
from test.lab.calibration.board_views import RGB_K, TRANSLATION, views

MATRIX = similarity(0.95, 1.5, (8, -5))
FOV = ("--thermal-fov", "50", "--rgb-fov", "50")


def written(folder, pairs):
    for name in ("vi", "ir"):
        (folder / name).mkdir(parents=True)
    for k, (thermal, rgb) in enumerate(pairs):
        cv2.imwrite(str(folder / "ir" / f"{k:03d}.png"), thermal)
        cv2.imwrite(str(folder / "vi" / f"{k:03d}.png"), rgb[..., ::-1])
    return folder


def test_a_folder_of_pairs_gives_parameters_and_a_picture(tmp_path, capsys):
    data, out = written(tmp_path / "data", rig(12, MATRIX)), tmp_path / "out"
    assert main(["calibrate", "--data", str(data), "--out", str(out), *FOV]) == 0
    values = yaml.safe_load((out / "calibration.yaml").read_text())["/**/fusion_node"]["ros__parameters"]
    found = np.array(values["registration.homography"]).reshape(3, 3)
    corners = np.array([[[0, 0], [159, 0], [0, 119], [159, 119]]], np.float64)
    assert cv2.perspectiveTransform(corners, found) == pytest.approx(cv2.perspectiveTransform(corners, MATRIX), abs=2)
    assert cv2.imread(str(out / "calibration.png")).shape[1] == 960
    text = capsys.readouterr().out
    assert "registration.homography: [" in text
    assert "residual on unseen pairs: median" in text
    assert "12 pairs, 0 of them without a common edge" in text
    assert f"calibration:={out / 'calibration.yaml'}" in text


def test_a_bag_gives_its_fields_of_view_and_the_same_answer(tmp_path, capsys):
    pairs = rig(12, MATRIX)
    messages = [("/flir/camera_info", START_NS, info(160, 150.0)), ("/camera/camera_info", START_NS, info(160, 150.0))]
    for k, (thermal, rgb) in enumerate(pairs):
        time_ns = START_NS + k * 10**8
        messages.append((THERMAL, time_ns, image_bytes(thermal, "mono8", time_ns, "thermal")))
        messages.append((RGB, time_ns, image_bytes(rgb, "rgb8", time_ns, "camera")))
    kinds = dict.fromkeys(("/flir/camera_info", "/camera/camera_info"), "sensor_msgs/msg/CameraInfo")
    bag, out = write_mcap(tmp_path / "drive", messages, kinds), tmp_path / "out"
    assert main(["calibrate", "--data", str(bag), "--out", str(out)]) == 0
    text = capsys.readouterr().out
    assert "thermal: /flir/image_raw, RGB: /camera/image_raw" in text
    assert "fields of view by the CameraInfo in the bag: thermal 56, RGB 56 degrees" in text
    assert (out / "calibration.yaml").is_file()


def test_an_unsure_answer_writes_no_parameters(tmp_path, capsys):
    pairs = rig(10)
    strangers = [(pairs[k][0], pairs[(k + 4) % 10][1]) for k in range(10)]
    out = tmp_path / "out"
    assert main(["calibrate", "--data", str(written(tmp_path / "data", strangers)), "--out", str(out), *FOV]) == 1
    assert sorted(path.name for path in out.iterdir()) == ["calibration.png"]
    text = capsys.readouterr().out
    assert "not sure: " in text
    assert "what helps: pairs from a drive" in text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--thermal-fov", "50"), "give --thermal-fov and --rgb-fov, or none of both"),
        (("--pairs", "-1"), "--pairs -1; allowed: 0 to 100,000"),
        (("--pairs", "5"), "5 pairs; at least 8 of different moments are needed"),
    ],
)
def test_mistakes_are_one_sentence(tmp_path, capsys, options, message):
    data = written(tmp_path / "data", rig(9))
    assert main(["calibrate", "--data", str(data), "--out", str(tmp_path / "out"), *options]) == EXIT_ERROR
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_board_gives_both_cameras_and_where_they_are(tmp_path, capsys):
    board = "checkerboard:7x6:0.05"
    data, out = written(tmp_path / "data", views(Board.of(board), 9)), tmp_path / "out"
    assert main(["calibrate", "--data", str(data), "--out", str(out), "--board", board, "--distance", "6"]) == 0
    values = yaml.safe_load((out / "calibration.yaml").read_text())["/**/fusion_node"]["ros__parameters"]
    assert values["registration.mode"] == "camera_info"
    assert values["registration.distance_m"] == 6.0
    assert values["registration.extrinsics"][:3] == pytest.approx(TRANSLATION, abs=0.02)
    camera = yaml.safe_load((out / "rgb.yaml").read_text())
    assert (camera["image_width"], camera["image_height"]) == (480, 360)
    assert camera["camera_matrix"]["data"][0] == pytest.approx(RGB_K[0, 0], rel=0.05)
    assert (camera["projection_matrix"]["rows"], camera["projection_matrix"]["cols"]) == (3, 4)
    assert camera["distortion_model"] == "plumb_bob"
    assert (out / "thermal.yaml").is_file()
    assert "camera_info_url" in capsys.readouterr().out


def test_a_board_that_is_none_is_one_sentence(tmp_path, capsys):
    data = written(tmp_path / "data", rig(9))
    assert main(["calibrate", "--data", str(data), "--out", str(tmp_path / "out"), "--board", "9x6"]) == EXIT_ERROR
    assert "allowed: checkerboard:COLUMNSxROWS:SQUARE" in capsys.readouterr().err
