# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tiny folders arranged as data sets are released, and as people have them."""

import json
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

SIZE = (48, 64)


def picture(seed, size=SIZE, channels=3, dtype=np.uint8):
    """A smooth picture."""
    coarse = np.random.default_rng(seed).integers(0, 256, (4, 5, channels)).astype(np.uint8)
    image = cv2.resize(coarse, size[::-1], interpolation=cv2.INTER_LINEAR).reshape(*size, channels)
    image = image[..., 0] if channels == 1 else image
    return image.astype(dtype) * (200 if dtype == np.uint16 else 1)


def write(path, image):
    """Write an image and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    done, data = cv2.imencode(path.suffix, image)
    assert done
    path.write_bytes(data.tobytes())


def mask(size=SIZE):
    """Ids of two classes."""
    ids = np.zeros(size, np.uint8)
    ids[8:24, 8:24], ids[24:40, 30:50] = 1, 2
    return ids


def fill(root, rgb, thermal, labels="", names=("a1", "a2", "a3"), suffix=".png", thermal_of=None, endings=("", "")):
    """Write pairs into three folders below a root."""
    for k, name in enumerate(names):
        write(root / rgb / f"{name}{endings[0]}{suffix}", picture(k))
        image = picture(50 + k, channels=1) if thermal_of is None else thermal_of(k)
        own = suffix if image.dtype == np.uint8 else ".tiff"
        write(root / thermal / f"{name}{endings[1]}{own}", image)
        if labels:
            write(root / labels / f"{name}.png", mask())
    return root


def with_exif(path, orientation):
    """Put an EXIF orientation into a JPEG."""
    data = path.read_bytes()
    tiff = b"II*\0\x08\0\0\0\x01\0" + struct.pack("<HHII", 0x112, 3, 1, orientation) + b"\0\0\0\0"
    body = b"Exif\0\0" + tiff
    path.write_bytes(data[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + data[2:])


def _chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(ids, depth, colour_type):
    """A PNG of one sample a pixel, by the book."""
    bits = ((ids[..., None] >> np.arange(depth)[::-1]) & 1).reshape(ids.shape[0], -1).astype(np.uint8)
    rows = b"".join(b"\0" + np.packbits(row).tobytes() for row in bits)
    header = struct.pack(">IIBBBBB", ids.shape[1], ids.shape[0], depth, colour_type, 0, 0, 0)
    palette = _chunk(b"PLTE", bytes(k % 251 for k in range(3 << depth)))
    clear = _chunk(b"tRNS", b"\0\1")
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", header),
            palette + clear if colour_type == 3 else b"",
            _chunk(b"IDAT", zlib.compress(rows)),
            _chunk(b"IEND", b""),
        )
    )


@dataclass(frozen=True)
class Kind:
    """A kind of folder.

    Attributes:
        name: what it is, for people.
        make: writes it below a folder that is there and returns what the user would name.
        split: what the user would give as ``--split``.
        layout: name of the layout that is to be found; ``""``: none.
        pairs: how many pairs.
    """

    name: str
    make: Callable[[Path], Path]
    layout: str
    pairs: int = 3
    split: str | None = None


def _msrs(root):
    return fill(root, "vi", "ir", "Segmentation_labels")


def _by_split(rgb, thermal, labels="", splits=("train", "test"), suffix=".png"):
    def make(root):
        for split in splits:
            fill(root, *(f.format(split) if f else "" for f in (rgb, thermal, labels)), suffix=suffix)
        return root

    return make


def _mfnet(root):
    for k, name in enumerate(("00001D", "00002D", "00003N")):
        write(root / "images" / f"{name}.png", np.dstack([picture(k), picture(9 + k, channels=1)]))
        write(root / "labels" / f"{name}.png", mask())
    (root / "train.txt").write_text("00001D\n00002D\n00003N\n")
    return root


def _flir(depth):
    def make(root):
        for split in ("train", "val"):
            kinds = {"thermal_8_bit": None, "thermal_16_bit": lambda k: picture(k, channels=1, dtype=np.uint16)}
            for folder, of in kinds.items():
                if depth in {"both", folder}:
                    names = ("FLIR_00001", "FLIR_00002", "FLIR_00003")
                    fill(root, f"{split}/RGB", f"{split}/{folder}", names=names, suffix=".jpg", thermal_of=of)
            (root / split / "RGB" / "FLIR_00002.jpg").unlink()
        return root

    return make


def _flir_aligned(root):
    names = ("FLIR_00002", "FLIR_00006", "FLIR_00007")
    fill(root, "JPEGImages", "JPEGImages", names=names, suffix=".jpg", endings=("_RGB", "_PreviewData"))
    (root / "align_train.txt").write_text("FLIR_00002_PreviewData\nFLIR_00006_PreviewData\n")
    (root / "align_validation.txt").write_text("FLIR_00007_PreviewData\n")
    return root


def _flir_v2(root):
    partners = {}
    for k in range(3):
        mine, other = f"video-rgb-frame-{k:06d}-x{k}.jpg", f"video-thermal-frame-{k:06d}-{7 * k}y.jpg"
        write(root / "video_rgb_test/data" / mine, picture(k))
        write(root / "video_thermal_test/data" / other, picture(k + 9, channels=1))
        partners[mine] = other
    (root / "rgb_to_thermal_vid_map.json").write_text(json.dumps(partners))
    return root


def _kaist(root):
    for part in ("images/set00/V000", "images/set00/V001", "images/set01/V000"):
        fill(root / part, "visible", "lwir", names=("I00000", "I00001"), suffix=".jpg")
    (root / "imageSets").mkdir()
    (root / "imageSets/train-all.txt").write_text("set00/V001/I00000\nset01/V000/I00001\n")
    return root


def _dotted(root):
    _msrs(root)
    for folder in ("vi", "ir", "Segmentation_labels"):
        for name in ("a1", "a2"):
            (root / folder / f"._{name}.png").write_bytes(b"\0\5\x16\7 of a Mac")
        (root / folder / ".DS_Store").write_bytes(b"Bud1")
    return root


def _windows_list(root):
    _msrs(root)
    (root / "train.txt").write_bytes("﻿vi\\a1.png\r\nvi\\a3.png\r\n\r\n".encode())
    return root


def voc(path, *objects, size=SIZE):
    """Write an XML file of Pascal VOC: (name, xmin, ymin, xmax, ymax)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    parts = [f"<size><width>{size[1]}</width><height>{size[0]}</height><depth>3</depth></size>"]
    for name, *edges in objects:
        corners = "".join(
            f"<{tag}>{edge}</{tag}>" for tag, edge in zip(("xmin", "ymin", "xmax", "ymax"), edges, strict=True)
        )
        parts.append(f"<object><name>{name}</name><difficult>0</difficult><bndbox>{corners}</bndbox></object>")
    path.write_text(f"<annotation><filename>x.jpg</filename>{''.join(parts)}</annotation>")


def _llvip_boxes(root):
    _by_split("visible/{}", "infrared/{}", suffix=".jpg")(root)
    for name in ("a1", "a2", "a3"):
        voc(root / "Annotations" / f"{name}.xml", ("person", 8, 8, 24, 40))
    return root


def _flir_boxes(root):
    _flir("both")(root)
    names = ("FLIR_00001", "FLIR_00002", "FLIR_00003")
    boxes = {
        "images": [
            {"id": k, "file_name": f"thermal_8_bit/{name}.jpeg", "width": SIZE[1], "height": SIZE[0]}
            for k, name in enumerate(names)
        ],
        "categories": [{"id": 1, "name": "person"}, {"id": 3, "name": "car"}],
        "annotations": [{"id": 0, "image_id": 0, "category_id": 3, "bbox": [4, 4, 30, 20], "iscrowd": 0}],
    }
    for split in ("train", "val"):
        (root / split / "thermal_annotations.json").write_text(json.dumps(boxes))
    return root


def _exif(root):
    for name in ("a1", "a2", "a3"):
        write(root / "vi" / f"{name}.jpg", cv2.rotate(picture(1), cv2.ROTATE_90_COUNTERCLOCKWISE))
        with_exif(root / "vi" / f"{name}.jpg", 6)
        write(root / "ir" / f"{name}.png", picture(2, channels=1))
        write(root / "Segmentation_labels" / f"{name}.png", mask())
    return root


def _thermal_as(image_of):
    return lambda root: fill(root, "vi", "ir", "Segmentation_labels", thermal_of=image_of)


def _celsius(k):
    degrees = picture(k, channels=1).astype(np.float32) / 8 - 5
    degrees[0, :5] = np.nan
    return degrees


def _palette(root):
    _msrs(root)
    for path in (root / "Segmentation_labels").iterdir():
        path.write_bytes(png(mask(), 8, 3))
    return root


def _coloured_masks(root):
    _msrs(root)
    for path in (root / "Segmentation_labels").iterdir():
        write(path, picture(3))
    return root


def _damaged(root):
    _msrs(root)
    (root / "ir" / "a2.png").write_bytes((root / "ir" / "a2.png").read_bytes()[:40])
    return root


def _utf16_list(root):
    _msrs(root)
    (root / "train.txt").write_bytes("a1.png\r\na3.png\r\n".encode("utf-16"))
    return root


def _empty(root):
    return root


KINDS = (
    Kind("MSRS as released", _by_split("{}/vi", "{}/ir", "{}/Segmentation_labels"), "msrs-release"),
    Kind("MSRS, the folder of one split", lambda root: fill(root / "train", "vi", "ir", "Segmentation_labels"), "msrs"),
    Kind("two folders, vi and ir", lambda root: fill(root, "vi", "ir"), "msrs"),
    Kind("MFNet, PNGs of four channels", _mfnet, "mfnet"),
    Kind(
        "MFNet, separate folders",
        lambda root: fill(root, "RGB", "Thermal", "Label"),
        "mfnet-unpacked",
    ),
    Kind("FMB", _by_split("{}/Visible", "{}/Infrared", "{}/Label"), "fmb"),
    Kind(
        "FMB, the folder of one split",
        lambda root: _by_split("{}/Visible", "{}/Infrared", "{}/Label")(root) / "train",
        "fmb",
    ),
    Kind("PST900", _by_split("{}/rgb", "{}/thermal", "{}/labels"), "pst900"),
    Kind(
        "PST900, the folder of one split",
        lambda root: _by_split("{}/rgb", "{}/thermal", "{}/labels")(root) / "train",
        "pst900",
    ),
    Kind("LLVIP", _by_split("visible/{}", "infrared/{}", suffix=".jpg"), "llvip"),
    Kind("LLVIP with its boxes (XML)", _llvip_boxes, "llvip"),
    Kind("M3FD", lambda root: fill(root, "Vis", "Ir"), "m3fd"),
    Kind("M3FD in a folder of its own", lambda root: fill(root / "M3FD_Fusion", "Vis", "Ir").parent, "m3fd"),
    Kind("RoadScene", lambda root: fill(root, "crop_LR_visible", "cropinfrared", suffix=".jpg"), "roadscene"),
    Kind("FLIR ADAS 1.3", _flir("both"), "flir", pairs=2),
    Kind("FLIR ADAS 1.3 with its boxes", _flir_boxes, "flir", pairs=2),
    Kind("FLIR ADAS 1.3, 16-bit TIFF alone", _flir("thermal_16_bit"), "flir-16bit", pairs=2),
    Kind("FLIR ADAS, aligned", _flir_aligned, "flir-aligned"),
    Kind("FLIR ADAS 2", _flir_v2, "flir-v2"),
    Kind("KAIST, all sets", _kaist, "kaist", pairs=6),
    Kind("KAIST, one set", lambda root: _kaist(root) / "images/set00", "kaist", pairs=4),
    Kind("KAIST, one sequence", lambda root: _kaist(root) / "images/set01/V000", "kaist", pairs=2),
    Kind(
        "a folder for each sequence",
        lambda root: fill(fill(root / "one", "vi", "ir").parent / "two", "vi", "ir").parent,
        "msrs",
        pairs=6,
    ),
    Kind("folders in other letters (VI, IR)", lambda root: fill(root, "VI", "IR"), "msrs"),
    Kind("two folders, rgb and thermal", lambda root: fill(root, "rgb", "thermal"), "rgb-thermal"),
    Kind("two folders, RGB and IR", lambda root: fill(root, "RGB", "IR"), "rgb-ir"),
    Kind("two folders, visible and infrared", lambda root: fill(root, "visible", "infrared"), "visible-infrared"),
    Kind("files of a Mac (._NAME, .DS_Store)", _dotted, "msrs"),
    Kind("a list of Windows (BOM, CRLF, vi\\NAME.png)", _windows_list, "msrs", pairs=2, split="train"),
    Kind("a list of PowerShell (UTF-16)", _utf16_list, "msrs", pairs=2, split="train"),
    Kind("masks with a palette", _palette, "msrs"),
    Kind("masks of colours", _coloured_masks, "msrs"),
    Kind("one damaged image", _damaged, "msrs", pairs=2),
    Kind("EXIF orientation", _exif, "msrs"),
    Kind("16-bit TIFF", _thermal_as(lambda k: picture(k, channels=1, dtype=np.uint16)), "msrs"),
    Kind("float32 TIFF in degrees, with NaN", _thermal_as(_celsius), "msrs"),
    Kind("thermal of another size", _thermal_as(lambda k: picture(k, (24, 40), 1)), "msrs"),
    Kind("vi without ir", lambda root: fill(root, "vi", "infra"), "", pairs=0),
    Kind("FMB without Infrared", _by_split("{}/Visible", "{}/Infra"), "", pairs=0),
    Kind("images with three channels", lambda root: fill(root, "images", "photos"), "", pairs=0),
    Kind(
        "two data sets in one folder",
        lambda root: fill(fill(root / "x", "Vis", "Ir").parent / "y", "vi", "ir").parent,
        "",
        pairs=0,
    ),
    Kind("an empty folder", _empty, "", pairs=0),
)
