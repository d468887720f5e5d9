# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of compressed images: what comes through, bit by bit, and everything that can be wrong with them."""

import array
import struct
import zlib
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from fusion_perception.errors import ImageError
from fusion_perception.ros import compressed
from fusion_perception.ros.compressed import fill_compressed
from fusion_perception.ros.conversion import rgb_from_message, thermal_from_message, thermal_remark
from test.ros.messages import header

HEIGHT, WIDTH = 24, 32
GENERATOR = np.random.default_rng(3)
RGB = GENERATOR.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
GREY = RGB[..., 0].copy()
COUNTS = GENERATOR.integers(0, 2**16, (HEIGHT, WIDTH), np.uint16)
SMOOTH = np.full((HEIGHT, WIDTH, 3), (200, 120, 40), np.uint8)


def compressed_message(data, description):
    data = data if isinstance(data, bytes) else data.tobytes()
    return SimpleNamespace(header=header(), format=description, data=array.array("B", data))


def encode(image, extension, *options):
    """As OpenCV does it: colours are given as BGR."""
    return cv2.imencode(extension, image, options)[1].tobytes()


def depth_header(kind=0, a=0.0, b=0.0):
    return struct.pack("<iff", kind, a, b)


PNG = encode(RGB[..., ::-1], ".png")
PNG16 = encode(COUNTS, ".png")
JPEG = encode(SMOOTH[..., ::-1], ".jpg")


@pytest.mark.parametrize("description", ["png", "rgb8; png compressed bgr8", "bgr8; png compressed bgr8", "", "jpeg"])
def test_png_in_colour(description):
    np.testing.assert_array_equal(rgb_from_message(compressed_message(PNG, description)), RGB)


@pytest.mark.parametrize("options", [(), (cv2.IMWRITE_JPEG_PROGRESSIVE, 1)], ids=["baseline", "progressive"])
@pytest.mark.parametrize("description", ["jpeg", "rgb8; jpeg compressed bgr8", "jpg"])
def test_jpeg_in_colour(description, options):
    image = rgb_from_message(compressed_message(encode(SMOOTH[..., ::-1], ".jpg", *options), description))
    np.testing.assert_allclose(image.astype(int), SMOOTH, atol=3)


def test_colours_that_were_not_turned_before_compression():
    turned = encode(SMOOTH, ".jpg")  # red stands where OpenCV has blue
    image = rgb_from_message(compressed_message(turned, "rgb8; jpeg compressed rgb8"))
    np.testing.assert_allclose(image.astype(int), SMOOTH, atol=3)


def test_other_kinds_of_png_for_the_rgb_camera():
    alpha = np.full((HEIGHT, WIDTH, 1), 9, np.uint8)
    rgba = encode(np.concatenate([RGB[..., ::-1], alpha], 2), ".png")
    np.testing.assert_array_equal(rgb_from_message(compressed_message(rgba, "png")), RGB)
    deep = encode(RGB[..., ::-1].astype(np.uint16) * 256 + 77, ".png")
    np.testing.assert_array_equal(rgb_from_message(compressed_message(deep, "rgb16; png compressed bgr16")), RGB)
    grey = rgb_from_message(compressed_message(encode(GREY, ".png"), "mono8; png compressed "))
    np.testing.assert_array_equal(grey, np.stack([GREY] * 3, 2))


@pytest.mark.parametrize("bits", [8, 16])
def test_a_compressed_mosaic(bits):
    mosaic = np.empty((HEIGHT, WIDTH), np.uint8)
    for position, value in enumerate((200, 120, 120, 40)):  # r g / g b
        mosaic[position // 2 :: 2, position % 2 :: 2] = value
    pixels = mosaic if bits == 8 else mosaic.astype(np.uint16) * 256
    image = rgb_from_message(compressed_message(encode(pixels, ".png"), f"bayer_rggb{bits}; png compressed "))
    np.testing.assert_allclose(image[1:-1, 1:-1].astype(int), SMOOTH[1:-1, 1:-1], atol=1)


def test_a_mosaic_of_a_thermal_camera_is_grey():
    message = compressed_message(PNG16, "bayer_rggb16; png compressed ")
    np.testing.assert_array_equal(thermal_from_message(message), COUNTS)
    assert thermal_remark(message) is None


@pytest.mark.parametrize("description", ["mono16; png compressed ", "16UC1; png compressed ", "png"])
def test_thermal_png_keeps_16_bits(description):
    image = thermal_from_message(compressed_message(PNG16, description))
    assert image.dtype == np.uint16
    np.testing.assert_array_equal(image, COUNTS)


@pytest.mark.parametrize(
    "description", ["16UC1; compressedDepth png", "16UC1; compressedDepth", "compressedDepth", "png"]
)
def test_the_header_of_compressed_depth_is_told_apart(description):
    image = thermal_from_message(compressed_message(depth_header() + PNG16, description))
    assert image.dtype == np.uint16
    np.testing.assert_array_equal(image, COUNTS)


def test_compressed_depth_of_floats_gets_its_values_back():
    a, b = 4.0e5, 12.0
    stored = GENERATOR.integers(100, 2**16, (HEIGHT, WIDTH), np.uint16)
    message = compressed_message(depth_header(0, a, b) + encode(stored, ".png"), "32FC1; compressedDepth png")
    image = thermal_from_message(message)
    assert image.dtype == np.float32
    np.testing.assert_allclose(image, a / (stored - b), rtol=1e-5)


def test_thermal_in_colours_is_its_luminance_and_a_palette_is_remarked():
    grey = compressed_message(encode(np.stack([GREY] * 3, 2), ".png"), "png")
    np.testing.assert_array_equal(thermal_from_message(grey), GREY)
    assert thermal_remark(grey) is None
    assert "in colours, of which the luminance is used" in thermal_remark(compressed_message(PNG, "png"))


def test_16_bits_that_became_8_are_remarked():
    message = compressed_message(encode(GREY, ".jpg"), "mono16; jpeg compressed ")
    assert thermal_from_message(message).dtype == np.uint8
    assert "of 16 bits 8 are left" in thermal_remark(message)
    assert thermal_remark(compressed_message(PNG16, "mono16; png compressed ")) is None


def test_bytes_behind_the_end_do_no_harm():
    """Cameras pad their JPEGs."""
    np.testing.assert_array_equal(rgb_from_message(compressed_message(PNG + bytes(99), "png")), RGB)
    assert rgb_from_message(compressed_message(JPEG + bytes(99), "jpeg")).shape == SMOOTH.shape


def png_of(width, height):
    """A PNG that promises a size and holds almost nothing."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    size = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return PNG[:8] + size + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def jpeg_of(width, height):
    start = JPEG.index(b"\xff\xc0") + 5
    return JPEG[:start] + struct.pack(">HH", height, width) + JPEG[start + 4 :]


@pytest.mark.parametrize("make", [png_of, jpeg_of])
@pytest.mark.parametrize(
    ("width", "height"), [(20000, 8), (8, 20000), (16384, 16384), (8193, 8192), (0, 8), (65535, 65535)]
)
def test_a_promised_size_is_looked_at_before_anything_is_decoded(make, width, height, monkeypatch):
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("it was decoded"))
    with pytest.raises(
        ImageError, match=f"is {width} x {height} pixels; accepted: 1 to 16384 a side, and 67108864 in all"
    ):
        rgb_from_message(compressed_message(make(width, height), "x"))


def test_a_jpeg_of_very_many_scans_is_refused(monkeypatch):
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("it was decoded"))
    end = JPEG.rindex(b"\xff\xd9")
    scan = JPEG[JPEG.index(b"\xff\xda") : end]
    with pytest.raises(ImageError, match="has 101 scans; accepted: 64 at most"):
        rgb_from_message(compressed_message(JPEG[:end] + scan * 100 + JPEG[end:], "jpeg"))


@pytest.mark.parametrize("whole", [PNG, PNG16, JPEG, depth_header() + PNG16], ids=["png", "png16", "jpeg", "depth"])
def test_a_picture_that_is_cut_off_is_refused_at_every_length(whole):
    for length in [*range(0, 60), *range(60, len(whole), 41), *range(len(whole) - 2, len(whole))]:
        with pytest.raises(ImageError):
            thermal_from_message(compressed_message(whole[:length], "png"))


@pytest.mark.parametrize(
    ("data", "description", "text"),
    [
        (b"", "jpeg", "RGB image 'jpeg' of 0 bytes is neither JPEG nor PNG; accepted: jpeg, png, and compr"),
        (b"\0\0\0\1gE", "h264", "'h264' of 6 bytes is neither JPEG nor PNG"),
        (b"RIFF1234WEBP", "a\n[FATAL]\x1b[31m\udc80", r"'a\\n\[FATAL\]\\x1b\[31m\\x80' of 12 bytes"),
        (depth_header(1) + b"\x10\0\0\0" * 9, "16UC1; compressedDepth rvl", "no PNG behind its header; .* by png, so"),
        (PNG[:99] + b"!" + PNG[100:], "png", "does not agree with its checksum: it is damaged"),
        (PNG[:-1], "png", "ends before its PNG does: it is cut off"),
        (JPEG[:-2], "jpeg", "ends before its JPEG does: it is cut off"),
        (JPEG[:200], "jpeg", "no JPEG frame that can be read"),
        (png_of(8, 8), "png", "cannot be decoded"),
        (depth_header() + PNG, "32FC1; compressedDepth png", "has colours; accepted as 32FC1: one channel of 16 bits"),
    ],
)  # fmt: skip
def test_bad_messages_say_what_came_and_what_is_accepted(data, description, text):
    with pytest.raises(ImageError, match=text):
        rgb_from_message(compressed_message(data, description))


def test_a_decoder_that_raises_is_an_image_error(monkeypatch):
    def imdecode(*_):
        raise cv2.error("no memory")

    monkeypatch.setattr(cv2, "imdecode", imdecode)
    with pytest.raises(ImageError, match="cannot be decoded: no memory"):
        rgb_from_message(compressed_message(PNG, "png"))


@pytest.mark.parametrize(
    "seed", [PNG, PNG16, JPEG, depth_header() + PNG16, b""], ids=["png", "png16", "jpeg", "depth", "none"]
)
def test_any_bytes_are_an_image_or_an_image_error(seed):
    refused = 0
    for _ in range(300):
        data = bytearray(seed or GENERATOR.bytes(60))
        for _ in range(int(GENERATOR.integers(1, 6))):
            data[int(GENERATOR.integers(0, len(data)))] = int(GENERATOR.integers(0, 256))
        description = str(
            GENERATOR.choice(
                [
                    "png",
                    "jpeg",
                    "32FC1; compressedDepth png",
                    "bayer_rggb8; png compressed",
                    "rgb8; jpeg compressed rgb8",
                    "rgba8; png compressed",
                ]
            )
        )
        message = compressed_message(bytes(data), description)
        for read in (rgb_from_message, thermal_from_message, thermal_remark):
            try:
                read(message)
            except ImageError:
                refused += 1
    assert refused > 300


@pytest.mark.parametrize("quality", [30, 95])
def test_results_go_out_as_jpeg_and_come_back(quality):
    message = fill_compressed(SimpleNamespace(), SMOOTH, header(5), quality)
    assert isinstance(message.data, array.array)  # anything else costs milliseconds in rclpy
    assert message.format == "rgb8; jpeg compressed bgr8"
    assert message.header.stamp.nanosec == 5
    np.testing.assert_allclose(rgb_from_message(message).astype(int), SMOOTH, atol=8)


def test_quality_is_size():
    sizes = [len(fill_compressed(SimpleNamespace(), RGB, header(), quality).data) for quality in (20, 60, 95)]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1] / 2


def test_the_bound_on_pixels_allows_the_largest_cameras():
    assert compressed.MAX_PIXELS >= 8000 * 6000
