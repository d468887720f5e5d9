# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What an image is, is seen; names of topics are only half of the truth."""

import numpy as np
import pytest

pytest.importorskip("rosbags", reason="rosbags is not installed")
pytest.importorskip("mcap", reason="mcap is not installed")

from fusion_perception.bags.bag_writer import compressed_bytes, image_bytes
from fusion_perception.bags.image_messages import COMPRESSED, IMAGE, deserialize
from fusion_perception.bags.picture_look import Look, look_at, typical
from fusion_perception.bags.topic_choice import choose_topics
from fusion_perception.errors import ImageError

SCENE = np.random.default_rng(3).integers(0, 256, (120, 160, 3), np.uint8)
GREY = SCENE[..., :1].repeat(3, axis=2)
PALETTE = np.stack([np.arange(256), 255 - np.arange(256), np.arange(256) // 2], axis=1).astype(np.uint8)


def raw(image, encoding):
    return look_at(deserialize(image_bytes(image, encoding, 1, ""), IMAGE), IMAGE)


def packed(image):
    return look_at(deserialize(compressed_bytes(image, 1, ""), COMPRESSED), COMPRESSED)


@pytest.mark.parametrize(
    ("look", "kind"),
    [
        (lambda: raw(SCENE, "rgb8"), "colour"),
        (lambda: raw(SCENE // 16 + 8, "bgr8"), "colour"),  # a dark night: some levels of difference
        (lambda: raw(GREY, "rgb8"), "grey"),
        (lambda: raw(SCENE[..., 0], "mono8"), "grey"),
        (lambda: raw(PALETTE[SCENE[..., 0]], "rgb8"), "palette"),
        (lambda: raw(SCENE[..., 0].astype(np.uint16), "mono16"), "raw"),
        (lambda: raw(SCENE[..., 0].astype(np.uint16), "16UC1"), "raw"),
        (lambda: raw(SCENE[..., 0].astype(np.float32), "32FC1"), "raw"),
        (lambda: raw(SCENE[..., 0], "bayer_rggb8"), "mosaic"),
        (lambda: packed(SCENE), "colour"),
        (lambda: packed(GREY), "grey"),
        (lambda: packed(SCENE[..., 0]), "grey"),
        (lambda: packed(SCENE[..., 0].astype(np.uint16) * 257), "raw"),
    ],
)
def test_kinds_of_pictures(look, kind):
    found = look()
    assert (found.kind, found.width, found.height) == (kind, 160, 120)


def test_an_encoding_that_nobody_knows_has_no_look():
    with pytest.raises(ImageError, match="purple"):
        raw(SCENE, "purple")


def test_one_image_with_colours_is_enough():
    dark, bright = Look(4, 3, "grey", 36), Look(4, 3, "colour", 36)
    assert typical([dark, bright, dark]) == bright
    assert typical([dark, dark]) == dark
    assert typical([]) is None


@pytest.mark.parametrize(
    ("looks", "thermal", "rgb"),
    [
        ({"/a": "raw", "/b": "colour"}, "/a", "/b"),
        ({"/a": "colour", "/b": "palette"}, "/b", "/a"),
        ({"/a": "grey", "/b": "mosaic"}, "/a", "/b"),
        ({"/thermal": "colour", "/b": "colour"}, "/thermal", "/b"),  # a palette behind JPEG
        ({"/ir/image": "colour", "/b": "raw"}, "/b", "/ir/image"),  # the look is stronger than the name
        ({"/a": "grey", "/rgb/image": "grey"}, "/a", "/rgb/image"),
        ({"/a": "raw", "/b": "colour", "/camera/depth/image": "raw"}, "/a", "/b"),
    ],
)
def test_look_and_name_decide_together(looks, thermal, rgb):
    found = choose_topics({name: Look(4, 3, kind, 36) for name, kind in looks.items()}, "", "", "bag")
    assert (found.thermal, found.rgb) == (thermal, rgb)


@pytest.mark.parametrize(
    ("kind", "thermal", "rgb", "expected"),
    [
        ("raw", "", "", ("/x", "")),
        ("grey", "", "", ("/x", "")),
        ("colour", "", "", ("", "/x")),
        ("colour", "/x", "", ("/x", "")),
        ("raw", "", "/x", ("", "/x")),
        ("colour", "", "none", ("/x", "")),
        ("raw", "none", "", ("", "/x")),
    ],
)
def test_one_camera_is_told_by_its_look_or_by_the_user(kind, thermal, rgb, expected):
    found = choose_topics({"/x": Look(4, 3, kind, 36)}, thermal, rgb, "bag")
    assert (found.thermal, found.rgb) == expected


def test_a_camera_may_be_left_out():
    looks = {"/a": Look(4, 3, "raw", 36), "/b": Look(4, 3, "colour", 36)}
    found = choose_topics(looks, "none", "", "bag")
    assert (found.thermal, found.rgb) == ("", "/b")
    found = choose_topics(looks, "", "none", "bag")
    assert (found.thermal, found.rgb) == ("/a", "")
