# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of images in messages: every encoding, padding, byte order, and everything that can be wrong."""

import array
from types import SimpleNamespace

import numpy as np
import pytest

from fusion_perception.ros.conversion import fill_message, rgb_from_message, thermal_from_message, thermal_remark
from fusion_perception.ros.encodings import RGB_ENCODINGS, THERMAL_ENCODINGS
from test.ros.messages import header, image_message

HEIGHT, WIDTH = 6, 8
COLOUR = (200, 120, 40)
GENERATOR = np.random.default_rng(1)
RGB = GENERATOR.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
GREY = GENERATOR.integers(0, 256, (HEIGHT, WIDTH), np.uint8)
ALPHA = np.full((HEIGHT, WIDTH, 1), 77, np.uint8)
LOW = GENERATOR.integers(0, 256, (HEIGHT, WIDTH, 4), np.uint16)  # the lower bytes of 16 bits


def sixteen(image):
    """The same image in 16 bits, with something in the lower byte that 8 bits do not have."""
    low = LOW if image.ndim == 3 else LOW[..., 0]
    return (
        image.astype(np.uint16) * 256 + low[..., : image.shape[-1]] if image.ndim == 3 else image * np.uint16(256) + low
    )


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
        ("mono16", sixteen(GREY), np.stack([GREY] * 3, 2)),
        ("rgb16", sixteen(RGB), RGB),
        ("bgr16", sixteen(RGB[..., ::-1]), RGB),
        ("16UC3", sixteen(RGB[..., ::-1]), RGB),
        ("rgba16", sixteen(np.concatenate([RGB, ALPHA], 2)), RGB),
        ("bgra16", sixteen(np.concatenate([RGB[..., ::-1], ALPHA], 2)), RGB),
        ("16UC4", sixteen(np.concatenate([RGB[..., ::-1], ALPHA], 2)), RGB),
    ],
)
@pytest.mark.parametrize("big_endian", [False, True])
def test_rgb_encodings(encoding, pixels, expected, padding, big_endian):
    image = rgb_from_message(image_message(pixels, encoding, padding, big_endian))
    assert image.dtype == np.uint8
    np.testing.assert_array_equal(image, expected)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("pattern", ["rggb", "bggr", "gbrg", "grbg"])
def test_bayer_encodings(pattern, bits):
    pixels = mosaic(pattern) if bits == 8 else sixteen(mosaic(pattern))
    image = rgb_from_message(image_message(pixels, f"bayer_{pattern}{bits}"))
    np.testing.assert_allclose(image[1:-1, 1:-1].reshape(-1, 3), [COLOUR] * ((HEIGHT - 2) * (WIDTH - 2)), atol=1)


def yuv(colour=COLOUR):
    """Luminance and chroma of a colour by BT.601, video range."""
    red, green, blue = colour
    y = 16 + 0.257 * red + 0.504 * green + 0.098 * blue
    u = 128 - 0.148 * red - 0.291 * green + 0.439 * blue
    v = 128 + 0.439 * red - 0.368 * green - 0.071 * blue
    return round(y), round(u), round(v)


YUV422 = [("yuv422", "uyvy"), ("uyvy", "uyvy"), ("yuv422_yuy2", "yuyv"), ("yuyv", "yuyv")]


def packed(luminance, order, chroma):
    """(H, W, 2) of an image of one chroma."""
    pixels = np.empty((*luminance.shape, 2), np.uint8)
    place = order.index("y")
    pixels[..., place] = luminance
    pixels[:, 0::2, 1 - place], pixels[:, 1::2, 1 - place] = chroma
    return pixels


@pytest.mark.parametrize(("encoding", "order"), YUV422)
def test_yuv_encodings(encoding, order):
    y, *chroma = yuv()
    image = rgb_from_message(image_message(packed(np.full((HEIGHT, WIDTH), y), order, chroma), encoding))
    np.testing.assert_allclose(image.reshape(-1, 3), [COLOUR] * (HEIGHT * WIDTH), atol=3)


def planar(luminance, encoding, chroma, padding=0):
    """A message with luminance first and the chroma behind it."""
    u, v = chroma
    pair = [v, u] if encoding == "nv21" else [u, v]
    step = WIDTH + padding
    rows = HEIGHT if encoding == "nv24" else HEIGHT // 2
    across = WIDTH if encoding == "nv24" else WIDTH // 2
    behind = np.zeros((rows, 2 * step if encoding == "nv24" else step), np.uint8)
    behind[:, : 2 * across] = np.tile(np.array(pair, np.uint8), across)
    data = np.pad(luminance, ((0, 0), (0, padding))).tobytes() + behind.tobytes()
    return image_message(luminance, encoding, step=step, data=array.array("B", data))


@pytest.mark.parametrize("padding", [0, 6])
@pytest.mark.parametrize("encoding", ["nv12", "nv21", "nv24"])
def test_encodings_with_the_chroma_behind_the_luminance(encoding, padding):
    y, *chroma = yuv()
    message = planar(np.full((HEIGHT, WIDTH), y, np.uint8), encoding, chroma, padding)
    np.testing.assert_allclose(rgb_from_message(message).reshape(-1, 3), [COLOUR] * (HEIGHT * WIDTH), atol=3)
    np.testing.assert_array_equal(thermal_from_message(planar(GREY, encoding, (128, 128), padding)), GREY)


@pytest.mark.parametrize(("encoding", "order"), YUV422)
def test_thermal_yuv_is_its_luminance(encoding, order):
    np.testing.assert_array_equal(thermal_from_message(image_message(packed(GREY, order, (9, 99)), encoding)), GREY)


GREY3 = np.stack([GREY] * 3, 2)
GREY4 = np.concatenate([GREY3, ALPHA], 2)


@pytest.mark.parametrize(
    ("encoding", "pixels", "expected"),
    [
        *((name, GREY3, GREY) for name in ("rgb8", "bgr8", "8UC3")),
        *((name, GREY4, GREY) for name in ("rgba8", "bgra8", "8UC4")),
        *((name, GREY3.astype(np.uint16) * 257, GREY.astype(np.uint16) * 257) for name in ("rgb16", "bgr16", "16UC3")),
        *(
            (name, GREY4.astype(np.uint16) * 257, GREY.astype(np.uint16) * 257)
            for name in ("rgba16", "bgra16", "16UC4")
        ),
    ],
)
def test_thermal_in_three_channels_is_its_luminance(encoding, pixels, expected):
    image = thermal_from_message(image_message(pixels, encoding))
    assert image.dtype == expected.dtype
    np.testing.assert_array_equal(image, expected)
    assert thermal_remark(image_message(pixels, encoding)) is None, "grey in three channels is no palette"


@pytest.mark.parametrize(("encoding", "weights"), [("rgb8", (0.299, 0.587, 0.114)), ("bgr8", (0.114, 0.587, 0.299))])
def test_the_luminance_of_colours_knows_their_order(encoding, weights):
    np.testing.assert_allclose(thermal_from_message(image_message(RGB, encoding)), RGB @ np.array(weights), atol=1)


@pytest.mark.parametrize(
    "message",
    [
        image_message(RGB, "rgb8"),
        image_message(sixteen(RGB), "bgr16"),
        image_message(packed(GREY, "yuyv", (60, 200)), "yuyv"),
        planar(GREY, "nv21", (60, 200)),
    ],
    ids=["rgb8", "bgr16", "yuyv", "nv21"],
)
def test_a_palette_is_remarked(message):
    assert "in colours, of which the luminance is used: in most false-colour palettes" in thermal_remark(message)


@pytest.mark.parametrize(
    "message", [image_message(packed(GREY, "uyvy", (128, 130)), "uyvy"), image_message(GREY, "mono8")]
)
def test_grey_is_not_remarked(message):
    assert thermal_remark(message) is None


@pytest.mark.parametrize("padding", [0, 3])
@pytest.mark.parametrize("big_endian", [False, True])
@pytest.mark.parametrize(
    ("encoding", "dtype"),
    [
        ("mono8", np.uint8),
        ("8UC1", np.uint8),
        ("mono16", np.uint16),
        ("16UC1", np.uint16),
        ("16SC1", np.int16),
        ("32FC1", np.float32),
        ("64FC1", np.float64),
    ],
)
def test_thermal_encodings(encoding, dtype, big_endian, padding):
    pixels = (GENERATOR.random((HEIGHT, WIDTH)) * 250).astype(dtype)
    if dtype == np.uint16:
        pixels *= 257
    if dtype == np.int16:
        pixels -= 100
    if dtype == np.float64:
        pixels = pixels.round(3)
    image = thermal_from_message(image_message(pixels, encoding, padding, big_endian))
    assert image.dtype == {np.int16: np.float32, np.float64: np.float32}.get(dtype, dtype)
    pixels = pixels.astype(image.dtype)
    assert image.dtype.isnative
    np.testing.assert_array_equal(image, pixels)


def test_every_accepted_encoding_is_tested_above():
    colours = 6 + 6 + 4 + 3  # 8 bit, 16 bit, YUV 4:2:2, chroma behind luminance
    assert len(RGB_ENCODINGS) == colours + 3 + 8  # grey, mosaics
    assert len(THERMAL_ENCODINGS) == colours + 7


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
