# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A folder of pairs becomes a bag, and a bag becomes a folder of pairs."""

from __future__ import annotations

import csv
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion_perception.bags.bag_reader import BagReader
from fusion_perception.bags.bag_source import BagSource
from fusion_perception.bags.bag_writer import McapWriter, compressed_bytes, image_bytes, topics_of, write_metadata
from fusion_perception.bags.image_messages import message_of, stamp_ns
from fusion_perception.bags.pair_times import COLUMNS, RGB_FRAME, THERMAL_FRAME, TIMES, PairTimes
from fusion_perception.errors import DataError, ImageError
from fusion_perception.files.atomic_file import cannot_write, write_bytes, write_text
from fusion_perception.lab.data.sequence import LABEL_FOLDER, RGB_FOLDER, THERMAL_FOLDER, ImageSequence
from fusion_perception.ros.conversion import rgb_from_message

THERMAL_TOPIC, RGB_TOPIC, LABEL_TOPIC = "/thermal/image_raw", "/rgb/image_raw", "/labels/image_raw"
_ENCODINGS = {"uint8": "mono8", "uint16": "mono16", "float32": "32FC1"}

Tell = Callable[[int, int], object]
"""Called with the number of pairs that are done, and of all."""


def folder_to_bag(
    folder: Path, sequence: ImageSequence, out: Path, rate: float, *, compressed: bool = False, tell: Tell | None = None
) -> int:
    """Write pairs of images as a bag.

    Args:
        folder: where the pairs come from; a ``times.csv`` in it says their stamps.
        sequence: the pairs.
        out: folder of the bag; it must not exist, or be empty.
        rate: pairs a second, where there is no ``times.csv``.
        compressed: RGB as JPEG, thermal and labels as PNG.
        tell: shows how far it is.

    Returns:
        The number of pairs.

    Raises:
        DataError: the pairs cannot be read, or the bag cannot be written.
    """
    new_folder(out)
    times = PairTimes(folder, rate)
    suffix = "/compressed" if compressed else ""
    labelled = bool(getattr(sequence, "has_labels", False))
    names = (RGB_TOPIC, THERMAL_TOPIC, *([LABEL_TOPIC] if labelled else []))
    topics = topics_of(f"{name}{suffix}" for name in names)
    try:
        with McapWriter(out / f"{out.absolute().name}_0.mcap", topics) as writer:
            for number in range(len(sequence)):
                item: Any = sequence[number]
                rgb_ns, thermal_ns = times.of(number, getattr(item, "name", ""))
                images = [(RGB_TOPIC, item.rgb, "rgb8", rgb_ns, RGB_FRAME)]
                images.append((THERMAL_TOPIC, item.thermal, _encoding(item.thermal), thermal_ns, THERMAL_FRAME))
                if labelled and getattr(item, "labels", None) is not None:
                    images.append((LABEL_TOPIC, item.labels, "mono8", rgb_ns, RGB_FRAME))
                for topic, image, encoding, stamp, frame_id in images:
                    if compressed and image.dtype != np.float32:
                        data = compressed_bytes(image, stamp, frame_id)
                    elif compressed:
                        raise DataError(f"{folder}: float images cannot be compressed; leave --compressed out")
                    else:
                        data = image_bytes(image, encoding, stamp, frame_id)
                    writer.write(f"{topic}{suffix}", stamp, data)
                if tell is not None:
                    tell(number + 1, len(sequence))
        write_metadata(out, topics, [writer.summary()])
    except OSError as error:
        raise cannot_write(out, error) from error
    return len(sequence)


def bag_to_folder(source: BagSource, bag: Path, out: Path, tell: Tell | None = None) -> int:
    """Write the pairs of a bag as a folder with ``vi/``, ``ir/`` and the stamps.

    Args:
        source: the pairs.
        bag: path of the bag, for its labels.
        out: the folder; it must not exist, or be empty.
        tell: shows how far it is.

    Returns:
        The number of pairs.

    Raises:
        DataError: the bag cannot be read, has one camera alone, or the folder cannot be written.
    """
    if not (source.thermal_topic and source.rgb_topic):
        raise DataError(f"{bag} has the images of one camera alone; a folder of pairs needs both")
    new_folder(out)
    rows = StringIO()
    table = csv.writer(rows, lineterminator="\n")
    table.writerow(COLUMNS)
    names: dict[int, str] = {}
    number = 0
    for number, pair in enumerate(source, 1):
        assert pair.rgb is not None and pair.thermal is not None  # noqa: S101 - both cameras are there
        name = f"{number - 1:06d}"
        names[pair.rgb.stamp_ns] = name
        table.writerow([name, pair.rgb.stamp_ns, pair.thermal.stamp_ns + source.plan.thermal_offset_ns])
        _write(out / RGB_FOLDER / f"{name}.png", np.asarray(pair.rgb.image)[..., ::-1])
        _write(out / THERMAL_FOLDER / f"{name}.{_ending(pair.thermal.image)}", pair.thermal.image)
        if tell is not None:
            tell(number, source.expected_pairs)
    _write_labels(bag, out, names)
    write_text(out / TIMES, rows.getvalue())
    return number


def new_folder(path: Path) -> None:
    """Make a folder.

    Raises:
        DataError: it holds something, or cannot be made.
    """
    try:
        if path.is_dir() and any(path.iterdir()):
            raise DataError(f"{path} is not empty; give a new folder")
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(path, error) from error


def _write_labels(bag: Path, out: Path, names: dict[int, str]) -> None:
    """Write the masks that an earlier conversion has put into a bag."""
    with BagReader(bag) as reader:
        topics = {LABEL_TOPIC, f"{LABEL_TOPIC}/compressed"} & set(reader.topics)
        for stored in reader.messages(topics) if topics else ():
            try:
                message = message_of(stored)
                mask = rgb_from_message(message)[..., 0]
            except ImageError:  # a damaged mask is no mask
                continue
            if name := names.get(stamp_ns(message)):
                _write(out / LABEL_FOLDER / f"{name}.png", mask)


def _encoding(thermal: NDArray[Any]) -> str:
    encoding = _ENCODINGS.get(str(thermal.dtype))
    if encoding is None:
        raise DataError(f"a thermal image has elements of {thermal.dtype}; allowed: {', '.join(_ENCODINGS)}")
    return encoding


def _ending(image: NDArray[Any]) -> str:
    return "tiff" if image.dtype == np.float32 else "png"


def _write(path: Path, image: NDArray[Any]) -> None:
    options = [cv2.IMWRITE_PNG_COMPRESSION, 1] if path.suffix == ".png" else []
    done, data = cv2.imencode(path.suffix, np.ascontiguousarray(image), options)
    if not done:
        raise DataError(f"{path}: an image of shape {image.shape} and dtype {image.dtype} cannot be written")
    write_bytes(path, data.tobytes())
