# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of messages that are no image, in whole or in single pixels."""

import array
from contextlib import nullcontext, suppress
from types import SimpleNamespace

import numpy as np
import pytest

from fusion_perception.errors import ImageError
from fusion_perception.ros.conversion import fill_message, rgb_from_message, thermal_from_message
from fusion_perception.ros.encodings import RGB_ENCODINGS, THERMAL_ENCODINGS
from test.ros.messages import header, image_message

HEIGHT, WIDTH = 6, 8
GENERATOR = np.random.default_rng(2)
RGB = GENERATOR.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
GREY = GENERATOR.integers(0, 256, (HEIGHT, WIDTH), np.uint8)
FLOATS = np.full((HEIGHT, WIDTH), 20.0, np.float32)


def broken(value):
    image = FLOATS.copy()
    image[2, 3] = value
    return image


@pytest.mark.parametrize(
    ("read", "message", "expectation"),
    [
        (rgb_from_message, image_message(RGB, "32FC3"), r"RGB image has encoding '32FC3'; accepted: rgb8, bgr8"),
        (rgb_from_message, image_message(GREY, "16UC1"), "RGB image has encoding '16UC1'"),
        (thermal_from_message, image_message(GREY, "bayer_rggb8"), r"encoding 'bayer_rggb8'; accepted: mono8, 8UC1"),
        (thermal_from_message, image_message(np.full((2, 2), 1e300), "64FC1"), "'64FC1' with 4 of 4 values NaN or inf"),
        (rgb_from_message, image_message(GREY, "a\n[FATAL] \x1b[31m\udc80"), r"'a\\n\[FATAL\] \\x1b\[31m\\x80'"),
        (rgb_from_message, image_message(GREY, "nv12"), "'nv12' with step 8, but its data has 48 bytes; .* = 72 b"),
        (rgb_from_message, image_message(GREY[:5], "nv21"), "'nv21' of 8 x 5 pixels; accepted: even width and height"),
        (thermal_from_message, image_message(GREY, "nv24"), "48 bytes; accepted: 3 x step x height = 144 bytes"),
        (rgb_from_message, image_message(GREY[:1], "bayer_rggb8"), "a mosaic of 8 x 1 pixels; accepted: 2 or more"),
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
        (thermal_from_message, image_message(FLOATS * np.nan, "32FC1"), "48 of 48 values NaN or infinite"),
        (thermal_from_message, image_message(FLOATS * -np.inf, "32FC1"), "48 of 48 values NaN or infinite"),
        (thermal_from_message, image_message(FLOATS, "32FC1"), None),
    ],
)  # fmt: skip
def test_bad_messages_say_what_came_and_what_is_accepted(read, message, expectation):
    with nullcontext() if expectation is None else pytest.raises(ImageError, match=expectation):
        read(message)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_single_pixels_without_a_value_are_filled(value):
    told = []
    pixels = broken(value)
    image = thermal_from_message(image_message(pixels, "32FC1"), on_filled=lambda *numbers: told.append(numbers))
    np.testing.assert_array_equal(image, FLOATS)
    assert told == [(1, 48)]


def test_how_much_is_filled_is_for_the_caller_to_say():
    pixels = FLOATS.copy()
    pixels[0] = np.nan
    message = image_message(pixels, "32FC1")
    np.testing.assert_array_equal(thermal_from_message(message, 0.2), FLOATS)
    with pytest.raises(ImageError, match=r"'32FC1' with 8 of 48 values NaN or infinite; accepted: up to 10 %"):
        thermal_from_message(message, 0.1)


def test_a_hostile_encoding_does_not_flood_the_log():
    with pytest.raises(ImageError) as caught:
        thermal_from_message(image_message(GREY, "x" * 10**6))
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("image", "encoding"), [(GREY, "rgb8"), (RGB, "mono8"), (GREY, "mono16"), (RGB.astype(np.uint16), "rgb8")]
)
def test_images_that_do_not_fit_their_encoding_are_refused(image, encoding):
    with pytest.raises(ImageError, match=f"cannot be sent as '{encoding}'"):
        fill_message(SimpleNamespace(), image, encoding, header())


def test_any_bytes_in_any_encoding_are_an_image_or_an_image_error():
    for encoding in sorted({*RGB_ENCODINGS, *THERMAL_ENCODINGS}):
        for _ in range(40):
            height, width, extra = (int(number) for number in GENERATOR.integers(1, 7, 3))
            step = width * int(GENERATOR.integers(1, 9)) + extra
            rows = int(GENERATOR.choice([height, height * 3 // 2, 3 * height]))
            data = array.array("B", GENERATOR.bytes(step * rows))
            changes = {"height": height, "width": width, "step": step, "data": data}
            message = image_message(GREY, encoding, big_endian=bool(extra % 2), **changes)
            for read, shape in ((rgb_from_message, (height, width, 3)), (thermal_from_message, (height, width))):
                with suppress(ImageError):
                    assert read(message).shape == shape
