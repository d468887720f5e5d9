# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A bag is registered by the calibration that it brings, as the node does it."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from fusion_perception.bags.bag_reader import BagReader
from fusion_perception.bags.bag_source import BagSource
from fusion_perception.bags.folder_source import FolderSource
from fusion_perception.bags.image_messages import IMAGE, deserialize
from fusion_perception.engine.open import open_engine
from fusion_perception.errors import DataError
from fusion_perception.preprocess import PlaneRegistration
from fusion_perception.processing.bag_registration import registration_of
from fusion_perception.processing.job import shares
from fusion_perception.processing.node_parameters import node_settings
from fusion_perception.processing.results_folder import begin, complete
from fusion_perception.processing.share_run import run_share
from test.bags.make_bag import RGB, THERMAL, plain_bag
from test.bags.rig_bag import EXTRINSICS, calibrations, info, rig_bag, transforms
from test.bags.test_folder_and_bag import pairs_folder

CALIBRATED = {
    "registration.mode": "camera_info",
    "registration.extrinsics": list(EXTRINSICS),
    "registration.distance_m": 4.0,
}
BY_TF = {**CALIBRATED, "registration.extrinsics": [0.0] * 6, "registration.extrinsics_from": "tf"}


def chosen(bag, parameters=CALIBRATED, **topics):
    return registration_of(bag, BagSource(bag, warn=lambda text: None, **topics), node_settings(parameters))


def laid(registration):
    """What becomes of a thermal image on the model's grid."""
    ramp = np.add.outer(np.arange(24), np.arange(32)).astype(np.uint8) * 4
    return registration.thermal_to((48, 64), ramp, (24, 32))


def test_the_homography_needs_nothing_of_the_bag(tmp_path):
    settings = node_settings({"registration.homography": [1.0, 0, 6.0, 0, 1.0, -4.0, 0, 0, 1.0]})
    assert registration_of(tmp_path / "not opened", None, settings) is settings.registration


@pytest.mark.parametrize("ros1", [False, True], ids=["ROS 2", "ROS 1"])
def test_transforms_give_what_parameters_give(tmp_path, ros1):
    bag = rig_bag(tmp_path, [*calibrations(), ("/tf_static", transforms())], ros1=ros1)
    by_parameters, by_tf = chosen(bag), chosen(bag, BY_TF)
    assert isinstance(by_parameters, PlaneRegistration)
    np.testing.assert_array_equal(laid(by_parameters), laid(by_tf))
    plain = node_settings({}).registration
    assert np.abs(laid(by_parameters).astype(int) - laid(plain)).mean() > 4  # 0.4 m at 4 m are three pixels


def test_transforms_over_the_body_of_the_robot(tmp_path):
    """The camera's frame is the child this time, of a frame above both."""
    away = [("/tf_static", transforms("base", "camera", (1.0, 2.0, 0.0, 0, 0, 0.0)))]
    away += [("/tf_static", transforms("base", "thermal", (1.4, 1.9, 0.0, 0, 0, 0.05)))]
    np.testing.assert_array_equal(
        laid(chosen(rig_bag(tmp_path / "a", [*calibrations(), *away]), BY_TF)),
        laid(chosen(rig_bag(tmp_path / "b", calibrations()))),
    )


def test_compressed_and_rectified_images_have_their_calibration_beside_them(tmp_path):
    rectified = {"thermal": "/flir/image_rect", "rgb": "/camera/image_rect_color"}
    straight = [
        ("/flir/camera_info", info("thermal", 1.0, -9.0, 30.0)),
        ("/camera/camera_info", info("camera", 1.0, -9.0, 26.0)),
    ]
    bag = rig_bag(tmp_path / "rect", straight, **rectified)
    same = [("/flir/camera_info", info("thermal", 30.0, 0.0)), ("/camera/camera_info", info("camera", 26.0, 0.0))]
    ours = chosen(bag, thermal_topic=rectified["thermal"], rgb_topic=rectified["rgb"])
    found = ours._thermal
    assert (found.matrix[0], found.distortion) == (30.0, ())
    without = chosen(rig_bag(tmp_path / "raw", same))
    assert np.abs(laid(ours).astype(int) - laid(without)).mean() < 3  # the second lens has a little distortion left


def test_the_first_calibration_with_numbers_counts(tmp_path):
    empty = ("/flir/camera_info", info("thermal", 0.0))
    bags = [rig_bag(tmp_path / name, extra) for name, extra in (("a", [empty, *calibrations()]), ("b", calibrations()))]
    first, second = (laid(chosen(bag)) for bag in bags)
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    ("extra", "parameters", "message"),
    [
        ([], CALIBRATED, r"has no CameraInfo of the thermal camera \(looked for /flir/camera_info\).* homography"),
        (calibrations()[:1], CALIBRATED, r"no CameraInfo of the rgb camera \(looked for /camera/camera_info\)"),
        ([calibrations()[0], ("/camera/camera_info", info("camera", 0.0))], CALIBRATED, "it is uncalibrated: K is 0"),
        (calibrations(), BY_TF, "no static transform joins 'thermal' .thermal. and 'camera' .RGB."),
        ([*calibrations(), ("/tf_static", b"nonsense")], BY_TF, "no static transform joins"),
    ],
    ids=["none", "one", "uncalibrated", "no transform", "damaged transform"],
)
def test_what_is_missing_is_told(tmp_path, extra, parameters, message):
    with pytest.raises(DataError, match=message):
        chosen(rig_bag(tmp_path, extra), parameters)


def test_a_folder_of_pairs_has_no_calibration(tmp_path):
    folder = pairs_folder(tmp_path / "pairs")
    with pytest.raises(DataError, match="is a folder of pairs, which has no CameraInfo"):
        registration_of(folder, FolderSource(folder), node_settings(CALIBRATED))


def test_one_camera_needs_no_registration(tmp_path):
    bag = plain_bag(tmp_path / "bag")
    settings = node_settings(CALIBRATED)
    source = BagSource(bag, rgb_topic="none", warn=lambda text: None)
    assert registration_of(bag, source, settings) is settings.registration


def test_a_share_of_a_bag_without_calibration_fails_with_the_sentence(job, tmp_path):
    made = job(source=rig_bag(tmp_path, []), parameters=CALIBRATED)
    begin(made)
    with pytest.raises(DataError, match="has no CameraInfo of the thermal camera"):
        run_share(shares(made, 1)[0])


if importlib.util.find_spec("rclpy"):
    from test.ros.perception_bench import make, start, wait_until  # noqa: F401 - make is a fixture


@pytest.mark.ros
@pytest.mark.skipif(not importlib.util.find_spec("rclpy"), reason="rclpy is not installed")
def test_the_node_publishes_the_same(request, job, toy, messages, tmp_path):
    """The messages of a bag are given to the node one by one, and to process; confidence is the thermal image here."""
    bag = rig_bag(tmp_path, calibrations())
    patient = {"sync.max_wait_ms": 60_000.0, "sync.missing_after_ms": 60_000.0, "lazy": False}  # on a busy machine
    node = request.getfixturevalue("make")(open_engine(toy, "onnxruntime", threads=1), **patient, **CALIBRATED)
    theirs = published_by(node, bag)
    ours = processed(job("calibrated", source=bag, parameters=CALIBRATED, topics=("fusion/confidence",)), messages)
    assert theirs.shape == (4, 24, 32)
    np.testing.assert_array_equal(theirs, ours)
    plain = processed(job("plain", source=bag, topics=("fusion/confidence",)), messages)
    assert np.abs(plain.astype(int) - ours).mean() > 4


def processed(made, messages):
    """Return (N, 24, 32) what process writes as the only topic of a job."""
    begin(made)
    complete(made, [run_share(shares(made, 1)[0])])
    return np.stack([deserialize(data, IMAGE).data.reshape(24, 32) for *_, data in messages(Path(made.out))])


def published_by(node, bag):
    """Give a bag's messages to a node, one after the other; returns (N, 24, 32) the confidence that it publishes."""
    from rclpy.serialization import deserialize_message
    from sensor_msgs.msg import CameraInfo, Image

    start(node)
    parts, images = node.parts, []
    publish, cameras = parts.outputs.publish, {THERMAL: "thermal", RGB: "rgb"}

    def watched(perception, camera_info):
        publish(perception, camera_info)
        images.append(perception.outputs.confidence.copy())

    parts.outputs.publish = watched
    with BagReader(bag) as reader:
        for stored in reader.messages(reader.topics):
            sensor = cameras.get(stored.topic)
            if sensor is None:
                sensor = "thermal" if "flir" in stored.topic else "rgb"
                parts.inputs._take_info(sensor, deserialize_message(stored.data, CameraInfo))
                continue
            parts.inputs._on_image(sensor, deserialize_message(stored.data, Image))
            assert wait_until(lambda: len(images) == parts.matcher.statistics.paired)  # a second pair would drop one
    for pair in parts.matcher.finish():
        parts.worker.put(pair)
    assert wait_until(lambda: len(images) == parts.matcher.statistics.paired)
    return np.stack(images)
