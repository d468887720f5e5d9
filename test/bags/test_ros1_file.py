# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What is in a bag of ROS 1 comes out as it was recorded."""

import numpy as np
import pytest

pytest.importorskip("rosbags", reason="rosbags is not installed")

from fusion_perception.bags.bag_files import find_files, is_bag
from fusion_perception.bags.bag_reader import BagReader
from fusion_perception.bags.bag_source import BagSource
from fusion_perception.bags.field_of_view import half_widths
from fusion_perception.bags.image_messages import message_of
from fusion_perception.bags.ros1_file import Ros1File
from test.bags import make_bag as make
from test.bags.make_bag import PAIRS, RGB, THERMAL, Pairs, rgb_image, thermal_image
from test.bags.rig_bag import calibrations, rig_bag, transforms
from test.bags.ros1_makers import noisy, plain, split, write_ros1


@pytest.mark.parametrize("compression", ["", "BZ2", "LZ4"])
def test_images_stamps_and_times_are_those_that_were_recorded(tmp_path, compression):
    pairs = list(BagSource(plain(compression)(tmp_path)))
    assert len(pairs) == PAIRS
    for number, pair in enumerate(pairs):
        np.testing.assert_array_equal(pair.rgb.image, rgb_image(number))
        np.testing.assert_array_equal(pair.thermal.image, thermal_image(number))
        assert pair.rgb.received_ns == pair.rgb.stamp_ns == make.START_NS + number * 10**8
        assert (pair.thermal.frame_id, pair.rgb.frame_id) == ("thermal", "camera")


def test_split_files_are_one_bag_in_the_order_of_their_times(tmp_path):
    assert [pair.rgb.stamp_ns for pair in BagSource(split(tmp_path))] == [
        make.START_NS + number * 10**8 for number in range(PAIRS)
    ]


def test_messages_are_those_of_ros_2(tmp_path):
    path = rig_bag(tmp_path, [*calibrations(), ("/tf_static", transforms())], ros1=True)
    with BagReader(path) as bag:
        found = {stored.topic: message_of(stored) for stored in bag.messages(bag.topics)}
        assert bag.topics["/camera/camera_info"].message_type == "sensor_msgs/msg/CameraInfo"
    assert found["/camera/camera_info"].k[0] == 26.0  # K in ROS 1
    assert not hasattr(found["/camera/camera_info"].header, "seq")
    assert found["/tf_static"].transforms[0].child_frame_id == "thermal"
    assert half_widths(path, (THERMAL, RGB)) == pytest.approx((16 / 30, 16 / 26))


def test_two_connections_of_a_topic_are_one(tmp_path):
    """Each node that publishes has a connection of its own."""
    from rosbags.rosbag1 import Writer

    from fusion_perception.bags.image_messages import ros1_typestore
    from test.bags.ros1_makers import ros1_bytes

    with Writer(tmp_path / "two.bag") as writer:
        for number, caller in enumerate(("/one", "/two")):
            connection = writer.add_connection(
                "camera//image_raw", "sensor_msgs/msg/Image", typestore=ros1_typestore(), callerid=caller
            )
            data = ros1_bytes(make.raw_rgb(number, make.START_NS + number), "sensor_msgs/msg/Image")
            writer.write(connection, make.START_NS + number, data)
    file = Ros1File(tmp_path / "two.bag")
    assert [(topic.name, topic.messages) for topic in file.topics] == [("/camera/image_raw", 2)]
    assert len(list(file.messages({"/camera/image_raw"}, 10**9))) == 2


def test_chunks_that_overlap_are_not_open_together(tmp_path):
    messages = sorted(Pairs(20).messages(make.raw_thermal, make.raw_rgb), key=lambda item: item[0] == RGB)
    file = Ros1File(write_ros1(tmp_path / "late.bag", messages, chunk_bytes=4_000))
    times = [stored.time_ns for stored in file.messages({THERMAL, RGB}, 10**9)]
    assert times == sorted(times) and len(times) == 40
    assert file.ordered
    assert len(list(file.messages({THERMAL, RGB}, 5_000))) == 40
    assert not file.ordered


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9, 0.999])
def test_a_bag_that_is_cut_off_is_read_as_far_as_it_goes(tmp_path, share):
    bag = noisy()(tmp_path)
    data = bag.read_bytes()
    bag.write_bytes(data[: int(share * len(data))])
    file = Ros1File(bag)
    images = list(file.messages({THERMAL, RGB}, 10**9))
    # Each image of one camera is three times as large as that of the other, and the file begins with 4 kB of header.
    assert len(images) == pytest.approx(2 * PAIRS * share, abs=2.1)
    assert sum(topic.messages for topic in file.topics) == len(images)
    assert "it has no index" in file.damage[0]


def test_names_of_files(tmp_path):
    for name in ("a.bag", "b.bag.active", "a.orig.bag", "alone.orig.bag", "._a.bag", "c.txt"):
        (tmp_path / name).write_bytes(b"#ROSBAG V2.0\n")
    assert is_bag(tmp_path)
    found = find_files(tmp_path)
    assert [file.name for file in found.files] == ["a.bag", "alone.orig.bag", "b.bag.active"]
    assert found.damage == ()
    assert is_bag(tmp_path / "c.txt")  # by its first bytes
