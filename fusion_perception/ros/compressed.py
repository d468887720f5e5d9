# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""sensor_msgs/CompressedImage <-> NumPy: JPEG and PNG, checked before anything is decoded.

The words of ``format`` are those of ROS's image transport: the encoding of the raw image, a semicolon, and how it was
compressed, as in ``rgb8; jpeg compressed bgr8``. Many drivers write ``jpeg`` alone. Which of the two formats it is,
is read from the data.
"""

from __future__ import annotations

import array
import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion_perception.errors import ImageError
from fusion_perception.ros.encodings import BAYER_ENCODINGS, DECODED, MAX_SIDE, Encoding
from fusion_perception.text import printable

MAX_PIXELS = 2**26
"""Most pixels of a compressed image, which a few kilobytes can promise: 8192 x 8192."""

_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_DEPTH_HEADER = 12  # bytes before the PNG of a compressedDepth message: its kind, then two float parameters
_MAX_SCANS = 64  # of a JPEG; each one costs a pass over the picture
_FRAMES = {
    0xC0,
    0xC1,
    0xC2,
}  # JPEG's start of frame: baseline, extended, progressive; others are arithmetic or lossless
_NO_LENGTH = {0x01, *range(0xD0, 0xD9)}  # JPEG markers that stand alone


def decode(data: Any, description: str, camera: str) -> tuple[NDArray[np.generic], Encoding]:
    """Decode a compressed image.

    Args:
        data: the message's data: ``array.array``, bytes, or another buffer.
        description: the message's ``format``.
        camera: name of the camera for messages.

    Returns:
        Pixels (H, W) or (H, W, C), and their layout.

    Raises:
        ImageError: naming what came and what is accepted.
    """
    raw = bytes(data)
    name = f"{camera} image '{printable(description, 64)}' of {len(raw)} bytes"
    depth, raw = _split_depth(raw, description, name)
    if raw.startswith(_PNG):
        width, height = _check_png(raw, name)
    elif raw.startswith(_JPEG):
        width, height = _check_jpeg(raw, name)
    else:
        raise ImageError(f"{name} is neither JPEG nor PNG; accepted: jpeg, png, and compressedDepth by png")
    if not (1 <= height <= MAX_SIDE and 1 <= width <= MAX_SIDE and width * height <= MAX_PIXELS):
        raise ImageError(
            f"{name} is {width} x {height} pixels; accepted: 1 to {MAX_SIDE} a side, and {MAX_PIXELS} in all"
        )
    import cv2

    try:
        pixels = cv2.imdecode(np.frombuffer(raw, np.uint8), cv2.IMREAD_UNCHANGED)
    except (cv2.error, MemoryError) as error:
        raise ImageError(f"{name} cannot be decoded: {error}") from error
    if pixels is None or pixels.shape[:2] != (height, width):
        raise ImageError(f"{name} cannot be decoded: it is damaged")
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    encoding = DECODED.get((channels, f"{pixels.dtype.kind}{pixels.dtype.itemsize}"))
    if encoding is None:
        raise ImageError(
            f"{name} has {channels} channels of {pixels.dtype}; accepted: 1, 3 or 4 channels of 8 or 16 bits"
        )
    if depth is not None:
        return _depth(pixels, depth, name), Encoding("f4", 1, "grey")
    return pixels, _stated(encoding, description)


def fill_compressed(message: Any, image: NDArray[np.uint8], header: Any, quality: int) -> Any:
    """Write an image into a message as JPEG.

    Args:
        message: a ``sensor_msgs/CompressedImage`` to fill.
        image: (H, W, 3) uint8 RGB.
        header: the ``std_msgs/Header`` to carry.
        quality: of JPEG, 1..100.

    Returns:
        The message.
    """
    import cv2

    done, encoded = cv2.imencode(".jpg", image[..., ::-1], (cv2.IMWRITE_JPEG_QUALITY, quality))
    if not done:
        raise ImageError(f"an image of shape {image.shape} cannot be compressed as JPEG")
    message.header = header
    message.format = "rgb8; jpeg compressed bgr8"
    # Assigning anything but array.array is checked element by element.
    data = array.array("B")
    data.frombytes(encoded.data.cast("B"))
    message.data = data
    return message


def _split_depth(raw: bytes, description: str, name: str) -> tuple[tuple[float, float] | None, bytes]:
    """Take the header off a compressedDepth message; returns its parameters, if it is of floats, and the PNG."""
    if "compressedDepth" not in description and raw[_DEPTH_HEADER : _DEPTH_HEADER + len(_PNG)] != _PNG:
        return None, raw
    if raw.startswith((_PNG, _JPEG)):  # some writers leave the header out
        return None, raw
    if raw[_DEPTH_HEADER : _DEPTH_HEADER + len(_PNG)] != _PNG:
        raise ImageError(
            f"{name} is no PNG behind its header; accepted: compressedDepth by png, so set the publisher's "
            "compressedDepth.format to png, or use the transport 'compressed'"
        )
    depth = struct.unpack_from("<ff", raw, 4) if description.startswith("32FC1") else None
    return depth, raw[_DEPTH_HEADER:]


def _depth(pixels: NDArray[np.generic], parameters: tuple[float, float], name: str) -> NDArray[np.float32]:
    """Undo the quantisation of float images: value = a / (stored - b); stored 0 is a pixel without a value."""
    if pixels.ndim != 2:
        raise ImageError(f"{name} has colours; accepted as 32FC1: one channel of 16 bits")
    a, b = parameters
    stored = pixels.astype(np.float32)
    with np.errstate(all="ignore"):  # what cannot be told is NaN or infinite, and treated as such
        depths = np.where(stored > 0, np.float32(a) / (stored - np.float32(b)), np.float32(np.nan))
    return np.asarray(depths, np.float32)


def _stated(decoded: Encoding, description: str) -> Encoding:
    """Follow what ``format`` says beyond the data: mosaics, and colours that were not turned to BGR before."""
    original, separator, how = description.partition(";")
    if decoded.channels == 1:
        mosaic = BAYER_ENCODINGS.get(original.strip())
        return mosaic if mosaic is not None and mosaic.dtype == decoded.dtype else decoded
    if separator and "compressed" in how and "compressed bgr" not in how and original.startswith(("rgb", "bgr")):
        conversion = {3: "", 4: "COLOR_RGBA2RGB"}[decoded.channels]  # as image_transport's subscriber takes it
        return Encoding(decoded.dtype, decoded.channels, "colour", conversion)
    return decoded


def _check_png(raw: bytes, name: str) -> tuple[int, int]:
    """Return (width, height) of a PNG whose chunks are all there and undamaged."""
    if raw[12:16] != b"IHDR" or len(raw) < 33:
        raise ImageError(f"{name} has no PNG header: it is damaged")
    position = len(_PNG)
    while position + 12 <= len(raw):
        (length,) = struct.unpack_from(">I", raw, position)
        end = position + 12 + length
        if end > len(raw):
            break
        if struct.unpack_from(">I", raw, end - 4)[0] != zlib.crc32(raw[position + 4 : end - 4]):
            raise ImageError(f"{name} does not agree with its checksum: it is damaged")
        if raw[position + 4 : position + 8] == b"IEND":
            width, height = struct.unpack_from(">II", raw, 16)
            return width, height
        position = end
    raise ImageError(f"{name} ends before its PNG does: it is cut off")


def _check_jpeg(raw: bytes, name: str) -> tuple[int, int]:
    """Return (width, height) of a JPEG that has its end, from its segments."""
    position, size = 2, None
    while position + 4 <= len(raw) and raw[position] == 0xFF:
        marker = raw[position + 1]
        if marker == 0xFF or marker in _NO_LENGTH:
            position += 1 if marker == 0xFF else 2
            continue
        (length,) = struct.unpack_from(">H", raw, position + 2)
        if marker in _FRAMES and position + 9 <= len(raw):
            height, width = struct.unpack_from(">HH", raw, position + 5)
            size = width, height
        if marker == 0xDA and size is not None:
            # Between scans 0xFF is always followed by 0 or a marker, so that these two can only be what they say.
            if raw.find(b"\xff\xd9", position) < 0:
                raise ImageError(f"{name} ends before its JPEG does: it is cut off")
            scans = raw.count(b"\xff\xda", position)
            if scans > _MAX_SCANS:
                raise ImageError(f"{name} has {scans} scans; accepted: {_MAX_SCANS} at most")
            return size
        position += 2 + length
    raise ImageError(f"{name} has no JPEG frame that can be read: it is damaged, or not baseline or progressive")
