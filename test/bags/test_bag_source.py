# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of reading pairs from real rosbag2 bags."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from fusion_perception.bags import bag_source
from fusion_perception.bags.bag_files import is_bag
from fusion_perception.bags.bag_source import BagSource
from fusion_perception.bags.topic_choice import choose_topics
from fusion_perception.errors import DataError

pytest.importorskip("rosbags", reason="rosbags is not installed")
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

IMAGE = "sensor_msgs/msg/Image"
FRAMES = 12


def image(number, channels):
    shape = (6, 8, 3) if channels == 3 else (6, 8)
    return (np.arange(np.prod(shape)).reshape(shape) + number).astype(np.uint8)


def write_bag(
    path,
    storage=StoragePlugin.MCAP,
    topics=("/flir/image_raw", "/camera/image_raw"),
    encoding="bgr8",
    frames=FRAMES,
    change=lambda topic, number, message: message,
    stamped=lambda topic, number: True,
    compression=CompressionMode.NONE,
):
    """A bag with thermal 8 ms after RGB, ten pairs a second; images may be changed, or have no stamp."""
    store = get_typestore(Stores.ROS2_JAZZY)
    types = store.types
    writer = Writer(path, version=9, storage_plugin=storage)
    writer.set_compression(compression, CompressionFormat.ZSTD)
    with writer:
        connections = [writer.add_connection(topic, IMAGE, typestore=store) for topic in topics]
        for number in range(frames):
            for connection, channels, late_ms in zip(connections, (1, 3), (8, 0), strict=False):
                received = 10**18 + (number * 100 + late_ms) * 10**6
                stamp = received if stamped(connection.topic, number) else 0
                pixels = image(number, channels)
                header = types["std_msgs/msg/Header"](
                    types["builtin_interfaces/msg/Time"](stamp // 10**9, stamp % 10**9), "camera"
                )
                name = encoding if channels == 3 else "mono8"
                message = types[IMAGE](header, 6, 8, name, 0, pixels.strides[0], pixels.reshape(-1))
                message = change(connection.topic, number, message)
                writer.write(connection, received, store.serialize_cdr(message, IMAGE))
    return path


@pytest.mark.parametrize("storage", [StoragePlugin.MCAP, StoragePlugin.SQLITE3], ids=["mcap", "sqlite"])
def test_pairs_of_a_bag(tmp_path, storage):
    bag = write_bag(tmp_path / "bag", storage)
    assert is_bag(bag)
    source = BagSource(bag)
    assert (source.thermal_topic, source.rgb_topic) == ("/flir/image_raw", "/camera/image_raw")
    for _ in range(2):  # it can be played again
        pairs = list(source)
        assert len(pairs) == FRAMES
        assert {pair.offset_ns for pair in pairs} == {8_000_000}
        np.testing.assert_array_equal(pairs[5].rgb.image, image(5, 3)[..., ::-1])
        np.testing.assert_array_equal(pairs[5].thermal.image, image(5, 1))


@pytest.mark.parametrize("frames", [1, 2])
def test_a_short_bag_gives_all_its_pairs(tmp_path, frames):
    pairs = list(BagSource(write_bag(tmp_path / "bag", frames=frames)))
    assert [pair.offset_ns for pair in pairs] == [8_000_000] * frames


def test_a_single_file_is_a_bag_as_well(tmp_path):
    folder = write_bag(tmp_path / "bag")
    (file,) = folder.glob("*.mcap")
    assert is_bag(file)
    assert len(list(BagSource(file))) == FRAMES


def test_compressed_images_are_read(tmp_path):
    store = get_typestore(Stores.ROS2_JAZZY)
    kind = "sensor_msgs/msg/CompressedImage"
    with Writer(tmp_path / "bag", version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        topics = {"/flir/image_raw/compressed": 1, "/camera/image_raw/compressed": 3}
        for topic, channels in topics.items():
            connection = writer.add_connection(topic, kind, typestore=store)
            for number in range(FRAMES):
                stamp = 10**18 + number * 10**8
                time = store.types["builtin_interfaces/msg/Time"](stamp // 10**9, stamp % 10**9)
                pixels = image(number, channels).astype(np.uint16) * 257 if channels == 1 else image(number, channels)
                data = cv2.imencode(".png", pixels)[1].reshape(-1)
                message = store.types[kind](store.types["std_msgs/msg/Header"](time, "camera"), "png", data)
                writer.write(connection, stamp, store.serialize_cdr(message, kind))
    pairs = list(BagSource(tmp_path / "bag"))
    assert len(pairs) == FRAMES
    np.testing.assert_array_equal(pairs[5].rgb.image, image(5, 3)[..., ::-1])
    np.testing.assert_array_equal(pairs[5].thermal.image, image(5, 1).astype(np.uint16) * 257)


def test_a_folder_of_images_is_no_bag(tmp_path):
    assert not is_bag(tmp_path)
    assert not is_bag(tmp_path / "nothing.mcap")


def test_bad_images_name_bag_and_topic(tmp_path):
    with pytest.raises(DataError, match=r"/camera/image_raw: none of 12 images can be used; the first: RGB.* 'purple'"):
        list(BagSource(write_bag(tmp_path / "bag", encoding="purple")))


def damaged(number_of_rgb):
    """Changes one RGB image: its data is shorter than its size says."""

    def change(topic, number, message):
        if topic == "/camera/image_raw" and number in number_of_rgb:
            return replace(message, data=message.data[:-7])
        return message

    return change


def noisy(topic, number, message):
    """Replaces an image by a large one that nothing can compress."""
    channels = message.data.size // 48
    data = np.random.default_rng(number).integers(0, 256, 100 * 80 * channels, np.uint8)
    return replace(message, height=80, width=100, step=100 * channels, data=data)


def test_one_damaged_image_is_left_out_and_told(tmp_path):
    told = []
    bag = write_bag(tmp_path / "bag", change=damaged({0, 4}))
    pairs = list(BagSource(bag, warn=told.append))
    assert len(pairs) == FRAMES - 2
    assert len(told) == 1
    assert "bag, topic /camera/image_raw: left out 2 of 12 images; the first: RGB image" in told[0]


def test_a_topic_without_a_usable_image_is_given_up_early(tmp_path):
    bag = write_bag(tmp_path / "bag", frames=200, encoding="purple")
    with pytest.raises(DataError, match="none of 20 images can be used"):
        list(BagSource(bag))


@pytest.mark.parametrize("empty", [{"/flir/image_raw", "/camera/image_raw"}, {"/flir/image_raw"}])
def test_times_of_reception_stand_for_stamps_that_are_empty(tmp_path, empty):
    told = []
    bag = write_bag(tmp_path / "bag", stamped=lambda topic, number: topic not in empty)
    pairs = list(BagSource(bag, warn=told.append))
    assert [pair.offset_ns for pair in pairs] == [8_000_000] * FRAMES
    assert len(told) == 1
    assert "topic /flir/image_raw: the images have no stamp; the times at which they were recorded" in told[0]


def test_a_single_empty_stamp_costs_that_image_alone(tmp_path):
    told = []
    bag = write_bag(tmp_path / "bag", stamped=lambda topic, number: (topic, number) != ("/camera/image_raw", 6))
    assert len(list(BagSource(bag, warn=told.append))) == FRAMES - 1
    assert "left out 1 of 12 images; the first: its stamp is empty" in told[0]


def test_frames_that_wait_for_a_partner_are_bounded_by_bytes(tmp_path, monkeypatch):
    """One camera is recorded a second after the other: with large images that is more than may be held."""

    def late(topic, number, message):
        second = message.header.stamp.sec + (topic == "/flir/image_raw")
        return replace(message, header=replace(message.header, stamp=replace(message.header.stamp, sec=second)))

    bag = write_bag(tmp_path / "bag", frames=40, change=late)
    assert len(list(BagSource(bag, thermal_offset_ms=0))) == 30
    monkeypatch.setattr(bag_source, "_WINDOW_BYTES", 2 * 5 * 6 * 8 * 3)  # five images of each camera
    matchers = []

    class Watched(bag_source.PairMatcher):
        def __init__(self, settings):
            super().__init__(settings)
            matchers.append(self)

    monkeypatch.setattr(bag_source, "PairMatcher", Watched)
    with pytest.raises(DataError, match=r"no two images are within .* ms \(40 thermal images, 40 rgb images\)"):
        list(BagSource(bag, thermal_offset_ms=0))
    assert matchers[-1].settings.window == 5


def test_damaged_bags_are_named(tmp_path):
    folder = write_bag(tmp_path / "bag")
    (file,) = folder.glob("*.mcap")
    file.write_bytes(b"not a bag at all" * 100)
    with pytest.raises(DataError, match="cannot be opened as a bag"):
        BagSource(folder)
    (folder / "metadata.yaml").write_text("{ nonsense")
    with pytest.raises(DataError, match="cannot be opened as a bag"):
        BagSource(folder)


@pytest.mark.parametrize("compression", [CompressionMode.NONE, CompressionMode.STORAGE], ids=["plain", "zstd"])
def test_a_truncated_bag_is_read_as_far_as_it_goes(tmp_path, compression):
    """Each image has noise of its own, so that the place of the cut says how many are there."""
    folder = write_bag(tmp_path / "bag", frames=40, compression=compression, change=noisy)
    (file,) = folder.glob("*.mcap")
    data = file.read_bytes()
    found = []
    for share in (0.3, 0.6, 0.9):
        file.write_bytes(data[: int(share * len(data))])
        told = []
        found.append(len(list(BagSource(folder, warn=told.append))))
        assert "has no index" in told[0]
    assert 6 <= found[0] < found[1] < found[2] < 40


@pytest.mark.parametrize(
    ("topics", "chosen", "expected"),
    [
        (["/rgb/image_raw", "/thermal/image_raw"], ("", ""), ("/thermal/image_raw", "/rgb/image_raw")),
        (["/cam/color", "/boson640/image"], ("", ""), ("/boson640/image", "/cam/color")),
        (["/ir/image", "/vi/image", "/fusion/image", "/a/fusion/mask"], ("", ""), ("/ir/image", "/vi/image")),
        (["/a", "/b", "/c"], ("/c", "/a"), ("/c", "/a")),
        (["/lwir", "/left", "/right"], ("", "/left"), ("/lwir", "/left")),
        (["/first", "/second"], ("/second", ""), ("/second", "/first")),
        (["/cam/c", "/cam/c/compressed", "/ir/t/compressed", "/ir/t/compressedDepth"], ("", ""),
         ("/ir/t/compressed", "/cam/c")),
        (["/cam/c", "/cam/c/compressed", "/ir/t"], ("", "/cam/c/compressed"), ("/ir/t", "/cam/c/compressed")),
    ],
)  # fmt: skip
def test_topics_are_told_apart_by_name_or_by_choice(topics, chosen, expected):
    choice = choose_topics(dict.fromkeys(topics), *chosen, "bag")
    assert (choice.thermal, choice.rgb) == expected


@pytest.mark.parametrize(
    ("topics", "chosen", "message"),
    [
        (
            ["/a", "/b"],
            ("", ""),
            "cannot tell the thermal from the RGB topic among: /a, /b; name them by --thermal-topic",
        ),
        (["/thermal", "/left", "/right"], ("", ""), "cannot tell"),
        (["/fair/image", "/hair/image"], ("", ""), "cannot tell"),
        ([], ("", ""), "has no images of a camera; its image topics: none"),
        (["/a", "/b"], ("/c", ""), "has no image topic '/c'; it has: /a, /b"),
    ],
)
def test_unclear_topics_are_named(topics, chosen, message):
    with pytest.raises(DataError, match=message):
        choose_topics(dict.fromkeys(topics), *chosen, "bag")
