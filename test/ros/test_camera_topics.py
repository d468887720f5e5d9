# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the topics of a camera, on a graph of names alone."""

from types import SimpleNamespace

import pytest

from fusion_perception.ros.camera_topics import TOPICS, camera_topic, describe_conflict, describe_silence

IMAGE, COMPRESSED, CLOUD = (f"sensor_msgs/msg/{name}" for name in ("Image", "CompressedImage", "PointCloud2"))


class FakeNode:
    """A node in a namespace with remappings, in a graph of publishers: topic -> their types."""

    def __init__(self, remappings=None, published=None):
        self.remappings, self.published = remappings or {}, published or {}

    def resolve_topic_name(self, topic, *, only_expand=False):
        name = topic if topic.startswith("/") else f"/rig/{topic}"
        rules = {key if key.startswith("/") else f"/rig/{key}": value for key, value in self.remappings.items()}
        return name if only_expand else rules.get(name, name)

    def get_publishers_info_by_topic(self, name):
        return [SimpleNamespace(topic_type=kind) for kind in self.published.get(name, ())]

    def count_publishers(self, name):
        return len(self.published.get(name, ()))


@pytest.mark.parametrize(
    ("remappings", "transport", "image", "name", "kind", "info"),
    [
        ({}, "raw", "rgb/image_raw", "/rig/rgb/image_raw", IMAGE, "/rig/rgb/camera_info"),
        ({}, "compressed", "/rig/rgb/image_raw/compressed", "/rig/rgb/image_raw/compressed", COMPRESSED,
         "/rig/rgb/camera_info"),
        ({"rgb/image_raw": "/cam/color/image"}, "raw", "rgb/image_raw", "/cam/color/image", IMAGE,
         "/cam/color/camera_info"),
        ({"rgb/image_raw": "/cam/color/image"}, "compressedDepth", "/cam/color/image/compressedDepth",
         "/cam/color/image/compressedDepth", COMPRESSED, "/cam/color/camera_info"),
        ({"rgb/image_raw": "/cam/image/compressed"}, "raw", "rgb/image_raw", "/cam/image/compressed", COMPRESSED,
         "/cam/camera_info"),
        ({"rgb/image_raw": "/cam/image/compressedDepth"}, "compressed", "rgb/image_raw", "/cam/image/compressedDepth",
         COMPRESSED, "/cam/camera_info"),
        ({"rgb/image_raw": "/image"}, "raw", "rgb/image_raw", "/image", IMAGE, "/camera_info"),
        ({"rgb/image_raw": "/cam/image", "rgb/camera_info": "/calibration"}, "raw", "rgb/image_raw", "/cam/image",
         IMAGE, "rgb/camera_info"),
        ({"rgb/image_raw/compressed": "/cam/jpeg"}, "compressed", "/rig/rgb/image_raw/compressed", "/cam/jpeg",
         COMPRESSED, "/rig/rgb/camera_info"),
    ],
)  # fmt: skip
def test_topics_follow_as_those_of_image_transport(remappings, transport, image, name, kind, info):
    topic = camera_topic(FakeNode(remappings), "rgb", transport)
    assert (topic.image, topic.name, topic.message_type, topic.info) == (image, name, kind, info)


def test_each_camera_has_its_own_calibration():
    node = FakeNode({"rgb/image_raw": "/front/image"})
    assert camera_topic(node, "rgb", "raw").info == "/front/camera_info"
    assert camera_topic(node, "thermal", "raw").info == "/rig/thermal/camera_info"


RAW, JPEG = "/rig/rgb/image_raw", "/rig/rgb/image_raw/compressed"


@pytest.mark.parametrize(
    ("published", "transport", "certain", "text"),
    [
        ({RAW: [COMPRESSED]}, "raw", True,
         f"no rgb image on '{RAW}' for 3 s, because what is published there is {COMPRESSED} and not {IMAGE}: "
         "set image_transport to compressed and remap 'rgb/image_raw/compressed' to it"),
        ({JPEG: [IMAGE]}, "compressed", True, f"is {IMAGE} and not {COMPRESSED}: set image_transport to raw"),
        ({RAW: [CLOUD]}, "raw", True, f"is {CLOUD} and not {IMAGE}: remap 'rgb/image_raw' to the camera's images"),
        ({RAW: [CLOUD, IMAGE]}, "raw", False, "although it has 2 publisher(s): does the camera stream"),
        ({RAW: ["x\n[FATAL]"]}, "raw", True, r"is x\n[FATAL] and not"),
        ({JPEG: [COMPRESSED]}, "raw", False,
         f"and nobody publishes it: '{JPEG}' is published, so set image_transport to compressed"),
        ({RAW: [IMAGE]}, "compressed", False, f"'{RAW}' is published, so set image_transport to raw"),
        ({}, "compressed", False, f"'{JPEG}' for 3 s, and nobody publishes it: start the camera driver, or remap"),
    ],
)  # fmt: skip
def test_silence_is_told_with_its_cause(published, transport, certain, text):
    node = FakeNode(published=published)
    report, proved = describe_silence(node, "rgb", camera_topic(node, "rgb", transport), 3.0)
    assert text in report
    assert proved is certain


@pytest.mark.parametrize(
    ("remappings", "results", "said"),
    [
        ({}, ["/rig/fusion/image", "/rig/fusion/image/compressed"], None),
        ({"thermal/image_raw": "/rig/rgb/image_raw"}, [], "both cameras are on '/rig/rgb/image_raw'"),
        ({"rgb/image_raw": "/rig/fusion/image"}, ["/rig/fusion/image"], "'/rig/fusion/image', which the rgb images"),
        ({"thermal/image_raw": "/a/compressed"}, ["/a", "/a/compressed"], "'/a/compressed', which the thermal images"),
    ],
    ids=["as usual", "one camera for both", "a result as RGB", "a JPEG as thermal"],
)
def test_a_topic_that_is_used_for_two_things_is_named(remappings, results, said):
    node = FakeNode(remappings)
    conflict = describe_conflict({sensor: camera_topic(node, sensor, "raw") for sensor in TOPICS}, results)
    assert conflict == said or (said is not None and said in conflict)
