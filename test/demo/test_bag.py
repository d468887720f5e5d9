# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the bag that stays below a size."""

import errno
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rosbags", reason="rosbags is not installed (pip install 'fusion_perception[demo]')")
from rosbags.highlevel import AnyReader
from rosbags.rosbag2 import Reader
from rosbags.typesys import Stores, get_typestore

from fusion_perception.demo.bag import BudgetedBag

STORE = get_typestore(Stores.ROS2_JAZZY)
IMAGE = "sensor_msgs/msg/Image"
NOISE = np.random.default_rng(0)
TOPICS = {"/fusion/image": IMAGE, "/fusion/mask": IMAGE}


def image_bytes(stamp_ns, value=None, size=(48, 64)):
    """A serialized Image; noise, which does not compress, unless a value is given."""
    types = STORE.types
    shape = (*size, 3)
    data = NOISE.integers(0, 256, shape, np.uint8) if value is None else np.full(shape, value)
    sec, nanosec = divmod(stamp_ns, 10**9)
    header = types["std_msgs/msg/Header"](types["builtin_interfaces/msg/Time"](sec, nanosec), "rgb_optical_frame")
    message = types[IMAGE](header, *size, "rgb8", 0, 3 * size[1], data.astype(np.uint8).reshape(-1))
    return bytes(STORE.serialize_cdr(message, IMAGE))


def test_written_images_are_read_back(tmp_path):
    path = tmp_path / "output.mcap"
    with BudgetedBag(path, TOPICS, 10**7, 2) as bag:
        for stamp in (5 * 10**9, 6 * 10**9):
            assert bag.write("/fusion/image", stamp, stamp + 10, image_bytes(stamp, 7))
            assert bag.write("/fusion/mask", stamp, stamp + 20, image_bytes(stamp, 9))
    with AnyReader([path]) as reader:
        seen = [(c.topic, t, reader.deserialize(data, c.msgtype)) for c, t, data in reader.messages()]
    assert [(topic, t) for topic, t, _ in seen] == [
        ("/fusion/image", 5 * 10**9 + 10),
        ("/fusion/mask", 5 * 10**9 + 20),
        ("/fusion/image", 6 * 10**9 + 10),
        ("/fusion/mask", 6 * 10**9 + 20),
    ]
    first = seen[0][2]
    assert (first.header.stamp.sec, first.header.frame_id, first.encoding) == (5, "rgb_optical_frame", "rgb8")
    assert (np.asarray(first.data) == 7).all()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["output.mcap"], "scratch files were left behind"


def test_the_budget_leaves_out_whole_results_evenly(tmp_path):
    path, stamps = tmp_path / "output.mcap", range(1, 121)
    with BudgetedBag(path, TOPICS, 15 * 10**6, len(stamps)) as bag:
        for stamp in stamps:
            kept = {bag.write(topic, stamp, stamp, image_bytes(stamp, size=(240, 320))) for topic in TOPICS}
            assert len(kept) == 1, "half a result was written"
    assert 28 <= bag.stamps_kept <= 40, "120 results of 461 kB into 15 MB"
    assert path.stat().st_size < 18 * 10**6
    with Reader(path) as reader:
        times = [t for c, t, _ in reader.messages() if c.topic == "/fusion/image"]
    assert len(times) == bag.stamps_kept
    assert max(np.diff(times)) <= 12, "a long stretch of the run is missing"
    assert times[-1] > 100


def test_a_failed_run_leaves_the_old_file_and_no_scratch(tmp_path):
    path = tmp_path / "output.mcap"
    path.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt), BudgetedBag(path, TOPICS, 10**6, 3) as bag:
        bag.write("/fusion/image", 1, 1, image_bytes(1))
        raise KeyboardInterrupt
    assert path.read_bytes() == b"old"
    assert list(Path(tmp_path).iterdir()) == [path]


def test_a_bag_that_cannot_be_completed_leaves_nothing(tmp_path, monkeypatch):
    bag = BudgetedBag(tmp_path / "output.mcap", TOPICS, 10**6, 3)
    bag.write("/fusion/image", 1, 1, image_bytes(1))

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(bag._writer, "close", full)
    with pytest.raises(OSError, match="No space left"):
        bag.close()
    assert list(tmp_path.iterdir()) == []


def test_what_it_remembers_does_not_grow_with_the_run(tmp_path):
    with BudgetedBag(tmp_path / "output.mcap", TOPICS, 10**7, 1000) as bag:
        for stamp in range(1, 501):
            assert bag.write("/fusion/image", stamp, stamp, b"12345678")
        assert len(bag._decisions) < 100
        assert bag.stamps_kept == 500
