# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Any bag becomes a whole one of ROS 2."""

import numpy as np
import pytest
import yaml

pytest.importorskip("rosbags", reason="rosbags is not installed")
pytest.importorskip("mcap", reason="mcap is not installed")

from fusion_perception.bags.bag_info import inspect_bag
from fusion_perception.bags.bag_source import BagSource
from fusion_perception.cli.main import main
from test.bags import kind_makers, ros1_makers
from test.bags.make_bag import PAIRS, START_NS, Pairs, raw_rgb, raw_thermal, write_mcap
from test.bags.rig_bag import calibrations, info, rig_bag, transforms
from test.bags.test_folder_and_bag import pairs_folder


def converted(bag, out, *options):
    assert main(["convert", str(bag), "--to", "bag", "--out", str(out), *options]) == 0
    return out


@pytest.mark.parametrize("ros1", [False, True], ids=["ROS 2", "ROS 1"])
def test_everything_that_is_known_is_there(tmp_path, ros1):
    from rosbags.rosbag2 import Reader

    bag = rig_bag(tmp_path, [*calibrations(), ("/tf_static", transforms())], ros1=ros1)
    new = converted(bag, tmp_path / "new")
    with Reader(new) as reader:  # not our own
        counts = {connection.topic: connection.msgcount for connection in reader.connections}
        first = {}
        for connection, time_ns, data in reader.messages():
            first.setdefault(connection.topic, (time_ns, bytes(data)))
    images = {"/flir/image_raw": 4, "/camera/image_raw": 4}
    assert counts == {"/flir/camera_info": 1, "/camera/camera_info": 1, "/tf_static": 1, **images}
    assert first["/camera/camera_info"] == (START_NS, info("camera", 26.0))
    assert first["/tf_static"] == (START_NS, transforms())
    for old, pair in zip(BagSource(bag), BagSource(new), strict=True):
        np.testing.assert_array_equal(old.thermal.image, pair.thermal.image)
        np.testing.assert_array_equal(old.rgb.image, pair.rgb.image)
        assert (old.rgb.stamp_ns, old.rgb.received_ns) == (pair.rgb.stamp_ns, pair.rgb.received_ns)


def test_transforms_are_latched(tmp_path):
    """Else 'ros2 bag play' offers them to nobody who asks for what was sent before."""
    from rosbags.rosbag2 import Reader

    new = converted(rig_bag(tmp_path, [("/tf_static", transforms())], ros1=True), tmp_path / "new")
    listed = yaml.safe_load((new / "metadata.yaml").read_text())["rosbag2_bagfile_information"]
    profiles = {
        item["topic_metadata"]["name"]: item["topic_metadata"]["offered_qos_profiles"]
        for item in listed["topics_with_message_count"]
    }
    assert yaml.safe_load(profiles["/tf_static"])[0]["durability"] == 1
    assert profiles["/flir/image_raw"] == ""
    with Reader(new) as reader:
        (connection,) = [item for item in reader.connections if item.topic == "/tf_static"]
    assert connection.ext.offered_qos_profiles[0].durability.name == "TRANSIENT_LOCAL"


def test_a_damaged_bag_becomes_a_whole_one(tmp_path, capsys):
    bag = kind_makers.cut(True)(tmp_path / "old")
    new = converted(bag, tmp_path / "new")
    assert "has no index" in capsys.readouterr().out
    info_of_new = inspect_bag(new)
    assert info_of_new.damage == ()
    assert info_of_new.pairs == inspect_bag(bag).pairs > 0


def test_messages_that_were_compressed_one_by_one_are_unpacked(tmp_path):
    bag = kind_makers.packed_messages(tmp_path / "old")
    assert inspect_bag(converted(bag, tmp_path / "new")).pairs == PAIRS


def test_what_is_not_known_is_named(tmp_path, capsys):
    images = Pairs(3).messages(raw_thermal, raw_rgb)
    strange = [("/strange", START_NS, b"\0\1\0\0abcd")]
    kind = "sensor_msgs/msg/Image"
    bag = write_mcap(
        tmp_path / "bag", [*images, *strange], {"/strange": "std_msgs/msg/Header"},
        schema_names={"std_msgs/msg/Header": "my_msgs/msg/Strange"},
    )  # fmt: skip
    new = converted(bag, tmp_path / "new")
    text = capsys.readouterr().out
    assert "left out, because their types are not known here: /strange (my_msgs/msg/Strange)" in text
    assert "6 messages, the bag as one of ROS 2" in text
    assert {topic.type for topic in inspect_bag(new).topics} == {kind}


def test_one_damaged_message_of_ros_1_is_left_out(tmp_path, capsys):
    bag = ros1_makers.plain()(tmp_path)
    data = bytearray(bag.read_bytes())
    # The length of the data of an image: a number that the message does not hold.
    place = data.index(b"rgb8", len(data) // 3) + 4 + 1 + 4
    data[place : place + 4] = (2**31).to_bytes(4, "little")
    bag.write_bytes(data)
    converted(bag, tmp_path / "new")
    assert f"left out 1 of {2 * PAIRS} messages; the first: /camera/image_raw: it cannot be read" in (
        capsys.readouterr().out
    )


def test_a_folder_does_not_become_a_folder(tmp_path, capsys):
    folder = pairs_folder(tmp_path / "pairs")
    assert main(["convert", str(folder), "--to", "folder", "--out", str(tmp_path / "out")]) == 2
    assert "is no bag: of a folder of pairs, a bag is made" in capsys.readouterr().err
    assert main(["convert", str(folder), "--to", "bag", "--out", str(tmp_path / "out")]) == 0
