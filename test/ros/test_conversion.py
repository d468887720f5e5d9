# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of images in messages: every encoding, padding, byte order, and everything that can be wrong."""

import array
from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
import pytest

from fusion_perception.errors import ImageError
from fusion_perception.ros.conversion import (
    RGB_ENCODINGS,
    THERMAL_ENCODINGS,
    fill_message,
    rgb_from_message,
    thermal_from_message,
)
from test.ros.messages import header, image_message

HEIGHT, WIDTH = 6, 8
COLOUR = (200, 120, 40)
GENERATOR = np.random.default_rng(1)
RGB = GENERATOR.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
GREY = GENERATOR.integers(0, 256, (HEIGHT, WIDTH), np.uint8)
ALPHA = np.full((HEIGHT, WIDTH, 1), 77, np.uint8)


def mosaic(pattern):
    """A colour filter array that sees one colour: pattern names the 2 x 2 cell, row by row."""
    image = np.empty((HEIGHT, WIDTH), np.uint8)
    for position, letter in enumerate(pattern):
        image[position // 2 :: 2, position % 2 :: 2] = COLOUR["rgb".index(letter)]
    return image


@pytest.mark.parametrize("padding", [0, 5])
@pytest.mark.parametrize(
    ("encoding", "pixels", "expected"),
    [
        ("rgb8", RGB, RGB),
        ("bgr8", RGB[..., ::-1], RGB),
        ("8UC3", RGB[..., ::-1], RGB),
        ("rgba8", np.concatenate([RGB, ALPHA], 2), RGB),
        ("bgra8", np.concatenate([RGB[..., ::-1], ALPHA], 2), RGB),
        ("8UC4", np.concatenate([RGB[..., ::-1], ALPHA], 2), RGB),
        ("mono8", GREY, np.stack([GREY] * 3, 2)),
        ("8UC1", GREY, np.stack([GREY] * 3, 2)),
    ],
)
def test_rgb_encodings(encoding, pixels, expected, padding):
    image = rgb_from_message(image_message(pixels, encoding, padding))
    assert image.dtype == np.uint8
    np.testing.assert_array_equal(image, expected)


@pytest.mark.parametrize("pattern", ["rggb", "bggr", "gbrg", "grbg"])
def test_bayer_encodings(pattern):
    image = rgb_from_message(image_message(mosaic(pattern), f"bayer_{pattern}8"))
    np.testing.assert_allclose(image[1:-1, 1:-1].reshape(-1, 3), [COLOUR] * ((HEIGHT - 2) * (WIDTH - 2)), atol=1)


@pytest.mark.parametrize(
    ("encoding", "order"), [("yuv422", "uyvy"), ("uyvy", "uyvy"), ("yuv422_yuy2", "yuyv"), ("yuyv", "yuyv")]
)
def test_yuv_encodings(encoding, order):
    red, green, blue = COLOUR
    y = 16 + 0.257 * red + 0.504 * green + 0.098 * blue  # BT.601, video range
    u = 128 - 0.148 * red - 0.291 * green + 0.439 * blue
    v = 128 + 0.439 * red - 0.368 * green - 0.071 * blue
    four = {"uyvy": [u, y, v, y], "yuyv": [y, u, y, v]}[order]
    pixels = np.tile(np.array(four).round().astype(np.uint8).reshape(1, 2, 2), (HEIGHT, WIDTH // 2, 1))
    image = rgb_from_message(image_message(pixels, encoding))
    np.testing.assert_allclose(image.reshape(-1, 3), [COLOUR] * (HEIGHT * WIDTH), atol=3)


@pytest.mark.parametrize("padding", [0, 3])
@pytest.mark.parametrize("big_endian", [False, True])
@pytest.mark.parametrize(
    ("encoding", "dtype"),
    [("mono8", np.uint8), ("8UC1", np.uint8), ("mono16", np.uint16), ("16UC1", np.uint16), ("32FC1", np.float32)],
)
def test_thermal_encodings(encoding, dtype, big_endian, padding):
    pixels = (GENERATOR.random((HEIGHT, WIDTH)) * 250).astype(dtype)
    if dtype == np.uint16:
        pixels *= 257
    image = thermal_from_message(image_message(pixels, encoding, padding, big_endian))
    assert image.dtype == np.dtype(dtype)
    assert image.dtype.isnative
    np.testing.assert_array_equal(image, pixels)


def test_every_accepted_encoding_is_tested_above():
    assert set(THERMAL_ENCODINGS) == {"mono8", "8UC1", "mono16", "16UC1", "32FC1"}
    assert len(RGB_ENCODINGS) == 8 + 4 + 4


@pytest.mark.parametrize("kind", [array.array, bytes, np.ndarray])
def test_any_buffer_will_do(kind):
    message = image_message(GREY, "mono8")
    raw = message.data.tobytes()
    message.data = {"array": message.data, "bytes": raw, "ndarray": np.frombuffer(raw, np.uint8)}[kind.__name__]
    np.testing.assert_array_equal(thermal_from_message(message), GREY)


def test_plain_images_are_not_copied():
    message = image_message(RGB, "rgb8", padding=4)
    assert np.shares_memory(rgb_from_message(message), np.frombuffer(message.data, np.uint8))


FLOATS = np.full((HEIGHT, WIDTH), 20.0, np.float32)


def broken(value):
    image = FLOATS.copy()
    image[2, 3] = value
    return image


@pytest.mark.parametrize(
    ("read", "message", "expectation"),
    [
        (rgb_from_message, image_message(RGB, "rgb16"), r"RGB image has encoding 'rgb16'; accepted: rgb8, bgr8"),
        (rgb_from_message, image_message(GREY, "16UC1"), "RGB image has encoding '16UC1'"),
        (thermal_from_message, image_message(RGB, "rgb8"), r"thermal image has encoding 'rgb8'; accepted: mono8, 8UC1"),
        (thermal_from_message, image_message(GREY, ""), "encoding ''"),
        (rgb_from_message, image_message(RGB, "rgb8", height=0), "8 x 0 pixels; accepted: 1 to 16384"),
        (rgb_from_message, image_message(RGB, "rgb8", width=0), "0 x 6 pixels"),
        (rgb_from_message, image_message(RGB, "rgb8", width=2**32 - 1), "4294967295 x 6 pixels"),
        (rgb_from_message, image_message(RGB, "rgb8", step=23), "step 23; accepted: a step of 24 bytes or more"),
        (thermal_from_message, image_message(GREY, "mono16"), "step 8; accepted: a step of 16"),
        (rgb_from_message, image_message(RGB, "rgb8", data=array.array("B", b"12")), "2 bytes; accepted: .* = 144 b"),
        (rgb_from_message, image_message(RGB, "rgb8", data=array.array("B")), "0 bytes; accepted"),
        (rgb_from_message, image_message(RGB, "rgb8", height=HEIGHT - 1), "144 bytes; accepted: .* = 120 bytes"),
        (rgb_from_message, image_message(RGB[:, :5, :2], "yuyv"), "width 5; accepted: an even width"),
        (thermal_from_message, image_message(broken(np.nan), "32FC1"), "1 of 48 values NaN or infinite; acc"),
        (thermal_from_message, image_message(broken(-np.inf), "32FC1"), "1 of 48 values NaN or infinite"),
        (thermal_from_message, image_message(FLOATS, "32FC1"), None),
    ],
)  # fmt: skip
def test_bad_messages_say_what_came_and_what_is_accepted(read, message, expectation):
    with nullcontext() if expectation is None else pytest.raises(ImageError, match=expectation):
        read(message)


def test_a_hostile_encoding_does_not_flood_the_log():
    with pytest.raises(ImageError) as caught:
        thermal_from_message(image_message(GREY, "x" * 10**6))
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("image", "encoding", "step"),
    [
        (RGB, "rgb8", 3 * WIDTH),
        (GREY, "mono8", WIDTH),
        (GREY.astype(np.uint16), "mono16", 2 * WIDTH),
        (FLOATS, "32FC1", 4 * WIDTH),
        (RGB[:, ::2], "rgb8", 3 * WIDTH // 2),
    ],
    ids=["rgb8", "mono8", "mono16", "32FC1", "not contiguous"],
)
def test_images_survive_the_way_out_and_back(image, encoding, step):
    message = fill_message(SimpleNamespace(), image, encoding, header(5))
    assert isinstance(message.data, array.array)  # anything else costs milliseconds in rclpy
    assert (message.height, message.width, message.step) == (*image.shape[:2], step)
    assert message.header.stamp.nanosec == 5
    read = rgb_from_message if encoding == "rgb8" else thermal_from_message
    np.testing.assert_array_equal(read(message), image)


@pytest.mark.parametrize(
    ("image", "encoding"), [(GREY, "rgb8"), (RGB, "mono8"), (GREY, "mono16"), (RGB.astype(np.uint16), "rgb8")]
)
def test_images_that_do_not_fit_their_encoding_are_refused(image, encoding):
    with pytest.raises(ImageError, match=f"cannot be sent as '{encoding}'"):
        fill_message(SimpleNamespace(), image, encoding, header())
