# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Bags of a few kilobytes that unpack to far more are refused before they do."""

import shutil

import numpy as np
import pytest

from fusion_perception.bags import bag_limits
from fusion_perception.bags.bag_source import BagSource
from fusion_perception.errors import DataError

pytest.importorskip("rosbags", reason="rosbags is not installed")
from lz4.frame import LZ4FrameDecompressor, compress
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

IMAGE = "sensor_msgs/msg/Image"
SIDE = 1000


def write_bag(path, mode, pairs=2):
    """A compressed bag of black images of a megapixel."""
    store = get_typestore(Stores.ROS2_JAZZY)
    types = store.types
    writer = Writer(path, version=9, storage_plugin=StoragePlugin.MCAP)
    writer.set_compression(mode, CompressionFormat.ZSTD)
    with writer:
        connections = [writer.add_connection(topic, IMAGE, typestore=store) for topic in ("/thermal", "/rgb")]
        for number in range(pairs):
            for connection, channels, encoding in zip(connections, (1, 3), ("mono8", "rgb8"), strict=True):
                header = types["std_msgs/msg/Header"](types["builtin_interfaces/msg/Time"](5 + number, 0), "camera")
                data = np.zeros(SIDE * SIDE * channels, np.uint8)
                message = types[IMAGE](header, SIDE, SIDE, encoding, 0, SIDE * channels, data)
                writer.write(connection, (5 + number) * 10**9, store.serialize_cdr(message, IMAGE))
    return path


@pytest.mark.parametrize("mode", [CompressionMode.STORAGE, CompressionMode.MESSAGE], ids=["chunks", "messages"])
def test_compressed_bags_are_read(tmp_path, mode):
    assert len(list(BagSource(write_bag(tmp_path / "bag", mode)))) == 2


@pytest.mark.parametrize("mode", [CompressionMode.STORAGE, CompressionMode.MESSAGE], ids=["chunks", "messages"])
def test_what_unpacks_to_too_much_is_refused(tmp_path, monkeypatch, mode):
    bag = write_bag(tmp_path / "bag", mode)
    assert sum(file.stat().st_size for file in bag.iterdir()) < 20_000
    monkeypatch.setattr(bag_limits, "MOST_BYTES", 2_000_000)
    with pytest.raises(DataError, match="unpacks to"):
        list(BagSource(bag))


def test_the_size_that_a_chunk_claims_is_not_believed(tmp_path):
    bag = write_bag(tmp_path / "bag", CompressionMode.STORAGE)
    (file,) = bag.glob("*.mcap")
    data = bytearray(file.read_bytes())
    size = data.index(b"\x04\x00\x00\x00zstd")  # the first chunk: its size is before the checksum and this name
    claimed = (1000).to_bytes(8, "little")
    truth = bytes(data[size - 12 : size - 4])
    while (position := data.find(truth)) >= 0:  # in the index at the end, too
        data[position : position + 8] = claimed
    file.write_bytes(data)
    told = []
    assert len(list(BagSource(bag, warn=told.append))) == 1
    assert "a chunk is damaged: it unpacks to more than 1000 bytes" in told[0]


@pytest.mark.parametrize("most", [10, 999])
def test_unpacking_stops_at_the_limit(most):
    with pytest.raises(DataError, match=f"more than {most} bytes"):
        bag_limits.unpack(compress(bytes(500)) * 2, most, LZ4FrameDecompressor)


def test_whole_frames_are_unpacked_one_after_the_other():
    data = compress(b"warm") + compress(b"er")
    assert bag_limits.unpack(data, 6, LZ4FrameDecompressor) == b"warmer"
    with pytest.raises(DataError, match="ends too early"):
        bag_limits.unpack(data[:-9], 6, LZ4FrameDecompressor)


def test_a_single_file_is_limited_as_well(tmp_path, monkeypatch):
    bag = write_bag(tmp_path / "bag", CompressionMode.STORAGE)
    shutil.copy(next(bag.glob("*.mcap")), tmp_path / "alone.mcap")
    monkeypatch.setattr(bag_limits, "MOST_BYTES", 2_000_000)
    with pytest.raises(DataError, match="unpacks to 4 MB; allowed: at most 2 MB, so write the bag with smaller chunks"):
        list(BagSource(tmp_path / "alone.mcap"))
