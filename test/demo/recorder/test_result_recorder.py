# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the demonstration's recorder in this process: what it refuses, and how it ends on a full disk."""

import errno
import gc
import tracemalloc

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed (make test installs it)")
pytest.importorskip("rosbags", reason="rosbags is not installed (make test installs it)")
from rclpy.parameter import Parameter
from rclpy.serialization import serialize_message
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from fusion_perception.demo.recorder.result_recorder import ResultRecorder
from fusion_perception.demo.video_frame import VideoFrame
from fusion_perception.errors import DataError, ImageError
from fusion_perception.ros import diagnostics
from fusion_perception.ros.camera_topics import TOPICS
from fusion_perception.ros.conversion import fill_message

pytestmark = pytest.mark.ros


@pytest.fixture
def recorder(ros, tmp_path):
    node = ResultRecorder(context=ros, parameter_overrides=[Parameter("out", value=str(tmp_path))])
    yield node
    node.destroy_node()


def callback(node, topic):
    """What the executor calls with a serialized message."""
    name = node.resolve_topic_name(topic)
    (subscription,) = [item for item in node.subscriptions if item.topic_name == name]
    if subscription._callback_type.name == "WithMessageInfo":
        return lambda data: subscription.callback(data, {"source_timestamp": 1})
    return subscription.callback


def image(second=0):
    """A serialized image with a stamp in whole seconds."""
    header = Header(frame_id="rgb")
    header.stamp.sec = second
    return serialize_message(fill_message(Image(), np.zeros((8, 8, 3), np.uint8), "rgb8", header))


def test_a_recording_completes_its_folder(recorder, tmp_path):
    recorder.start()
    callback(recorder, "fusion/image")(image())
    recorder.close()
    recorder.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["frames", "output.mcap", "recording.json"]


def test_what_it_holds_does_not_grow_with_the_pairs(recorder, monkeypatch):
    monkeypatch.setattr(VideoFrame, "jpeg", lambda *_: b"jpeg")  # slow; test_video_frame.py looks at its memory
    recorder.start()
    results = [callback(recorder, result.topic) for result in recorder._results]
    images = [image(second) for second in range(2000)]

    def held_after(pairs):
        for data in pairs:
            for sensor, topic in TOPICS.items():
                recorder._on_input(sensor, topic, data, 1)
            for take in results:
                take(data)
        recorder._bag.write_always(diagnostics.TOPIC, 1, bytes(2**20))  # fills the bag's chunk, so that none is held
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        first = held_after(images[:600])  # all that it keeps of the latest pairs, and caches, are there by then
        last = held_after(images[600:])
    finally:
        tracemalloc.stop()
    assert recorder._recording.frames > 1900
    assert (last - first) / 1400 < 60, "bytes a pair; caches fill up slowly; a number of each message would be 300"


def test_frames_of_somebody_else_are_not_written_over(recorder, tmp_path):
    mine = tmp_path / "frames" / "000000.jpg"
    mine.parent.mkdir()
    mine.write_text("mine")
    with pytest.raises(DataError, match=r"frames' is not empty; give a folder in which nothing has been recorded"):
        recorder.start()
    recorder.close()
    assert [path.name for path in tmp_path.iterdir()] == ["frames"]
    assert mine.read_text() == "mine"


def test_an_image_that_cannot_be_shown_does_not_end_it(recorder, monkeypatch):
    recorder.start()

    def unfit(*_):
        raise ImageError("RGB image has encoding 'purple'")

    monkeypatch.setattr(recorder._recording, "add_result", unfit)
    callback(recorder, "fusion/image")(image())
    assert not recorder.done.done()
    recorder.close()


@pytest.mark.parametrize("part", ["frame", "bag"])
def test_a_full_disk_ends_it_at_once_with_one_sentence(recorder, tmp_path, monkeypatch, part):
    recorder.start()

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(recorder._recording, "add_result" if part == "frame" else "count", full)
    if part == "bag":
        monkeypatch.setattr(recorder._bag, "write", full)
    callback(recorder, "fusion/image")(image())
    assert recorder.done.done()
    callback(recorder, "fusion/image")(image())  # one that was on its way
    with pytest.raises(DataError, match=r"^cannot write .*: No space left on device; free some space"):
        recorder.close()
    assert [path.name for path in tmp_path.iterdir()] == ["frames"]
    assert list((tmp_path / "frames").iterdir()) == []


def test_a_disk_that_is_full_only_at_the_end_leaves_no_half_file(recorder, tmp_path, monkeypatch):
    recorder.start()
    callback(recorder, "fusion/image")(image())

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(recorder._bag._writer, "close", full)
    with pytest.raises(DataError, match="No space left on device"):
        recorder.close()
    assert [path.name for path in tmp_path.iterdir()] == ["frames"]
