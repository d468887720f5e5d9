# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The kinds of bags that people have, and what becomes of each: as many pairs, or a message."""

from dataclasses import dataclass
from typing import Any

from test.bags import kind_makers as makers
from test.bags import make_bag as make
from test.bags import ros1_makers as ros1
from test.bags.make_bag import PAIRS, RGB, THERMAL, Pairs, plain_bag, write_mcap

HOUR_NS = 3_600 * 10**9


@dataclass(frozen=True)
class Kind:
    """One kind of bag.

    Attributes:
        name: in words, for the documentation.
        make: writes it below a folder and returns its path.
        pairs: pairs that come out of it: a number, or the least and the most.
        message: what is said when there are none.
        told: what is told besides; empty when nothing is.
        options: of the verbs, for example ``{"rgb_topic": "/left"}``.
        alone: it has one camera, so that its images come alone.
        needs: package without which it cannot be made or read.
    """

    name: str
    make: Any
    pairs: Any = PAIRS
    message: str = ""
    told: str = ""
    options: Any = None
    alone: bool = False
    needs: str = ""


NO_METADATA = "has no metadata.yaml"
NO_INDEX = "has no index"

KINDS = (
    Kind("one mcap file with its metadata.yaml", lambda folder: plain_bag(folder / "bag")),
    Kind("sqlite (db3) with its metadata.yaml", lambda folder: makers.sqlite_bag(folder / "bag")),
    Kind("an mcap file alone", makers.single(plain_bag)),
    Kind("a db3 file alone", makers.single(makers.sqlite_bag)),
    Kind("a folder with an mcap file, no metadata.yaml", makers.without_metadata(plain_bag), told=NO_METADATA),
    Kind("a folder with a db3 file, no metadata.yaml", makers.without_metadata(makers.sqlite_bag), told=NO_METADATA),
    Kind(
        "the storage id is empty",
        makers.changed_metadata(lambda text: text.replace("storage_identifier: mcap", "storage_identifier: ''")),
    ),
    Kind(
        "metadata.yaml is damaged",
        makers.changed_metadata(lambda text: "{ nonsense" + text),
        told="metadata.yaml cannot be read",
    ),
    Kind("split into three files", makers.split),
    Kind(
        "split, one file is missing",
        lambda folder: makers.split(folder, missing=True),
        pairs=(7, 8),
        told="1 of its files are not there",
    ),
    Kind("mcap, cut off", makers.cut(False), pairs=(3, 11), told=NO_INDEX),
    Kind("mcap, cut off inside a compressed chunk", makers.cut(True), pairs=(3, 11), told=NO_INDEX),
    Kind("mcap, a damaged chunk", makers.damaged_chunk, pairs=(5, 11), told="a chunk does not agree with its checksum"),
    Kind("db3, a damaged page", makers.damaged_sqlite, pairs=(20, 59), told="cannot be read"),
    Kind("db3 of a recorder that was killed (-wal)", makers.killed_sqlite, told=NO_METADATA),
    Kind("compressed as a file (.mcap.zstd)", makers.packed_file),
    Kind("compressed message by message", makers.packed_messages),
    Kind("mcap without chunks", makers.without_chunks),
    Kind("all images of one camera before the other's", makers.one_camera_after_the_other, pairs=150),
    Kind("image_transport compressed (JPEG, 16-bit PNG)", makers.compressed),
    Kind("raw topic without messages beside /compressed", makers.raw_without_messages, options={"rgb_topic": RGB}),
    Kind("ffmpeg_image_transport (H.264)", makers.video, pairs=(11, 12), needs="av"),
    Kind("one damaged image", makers.one_damaged_image, pairs=PAIRS - 1, told="left out 1 of"),
    Kind(
        "all stamps are 0", makers.stamped(lambda stamp: 0, lambda stamp: 0), pairs=40, told="the images have no stamp"
    ),
    Kind("the stamps of one camera are 0", makers.stamped(lambda stamp: 0), pairs=40, told="the images have no stamp"),
    Kind(
        "the stamps of one camera do not advance",
        makers.stamped(lambda stamp: make.START_NS),
        pairs=40,
        told="the stamps do not advance",
    ),
    Kind(
        "clocks an hour apart",
        makers.stamped(lambda stamp: stamp + HOUR_NS),
        pairs=40,
        told="the clocks of the cameras differ",
    ),
    Kind(
        "clocks 1.2 s apart",
        makers.stamped(lambda stamp: stamp - 1_200_000_000),
        pairs=40,
        told="the clocks of the cameras differ",
    ),
    Kind(
        "clocks apart, the offset given",
        makers.stamped(lambda stamp: stamp + 5 * 10**9),
        pairs=40,
        options={"thermal_offset_ms": -5000.0},
    ),
    Kind("thermal camera alone", makers.one_camera(THERMAL), told="is the only camera", alone=True),
    Kind("RGB camera alone", makers.one_camera(RGB), told="is the only camera", alone=True),
    Kind("names of topics that say nothing", makers.named("/cam0/image", "/cam1/image", makers.deep_thermal)),
    Kind(
        "the RGB camera is of FLIR",
        makers.named("/tau2/image_raw", "/flir_camera/image_raw", makers.deep_thermal),
        told="although its name says otherwise",
    ),
    Kind(
        "two grey cameras, names that say nothing",
        makers.two_grey,
        pairs=0,
        message="cannot tell the thermal from the RGB topic",
    ),
    Kind(
        "the same, topics given", makers.two_grey, options={"thermal_topic": "/cam0/image", "rgb_topic": "/cam1/image"}
    ),
    Kind(
        "a stereo pair of RGB cameras",
        makers.with_more(("/left/image_raw", makers.left)),
        pairs=0,
        message="cannot tell the thermal from the RGB topic",
    ),
    Kind(
        "the same, RGB topic given",
        makers.with_more(("/left/image_raw", makers.left)),
        options={"rgb_topic": "/left/image_raw"},
    ),
    Kind("a depth camera beside the two", makers.with_more(("/camera/depth/image_rect_raw", makers.depth))),
    Kind(
        "results of an earlier run in the bag",
        makers.with_more(("/fusion/image", makers.left), ("/fusion/mask", make.raw_thermal)),
    ),
    Kind(
        "temperatures as float, with NaN",
        lambda folder: write_mcap(folder / "bag", Pairs().messages(makers.float_thermal, make.raw_rgb)),
    ),
    Kind("chunks that claim to overlap", makers.overlapping, told=""),
    Kind("a chunk that claims an exabyte", makers.giant_chunk, pairs=(5, 11), told="unpacks to"),
    Kind("a record that claims an exabyte", makers.giant_record, pairs=(3, 11), told=NO_INDEX),
    Kind("ROS 1", ros1.plain()),
    Kind("ROS 1, compressed by bz2", ros1.plain("BZ2")),
    Kind("ROS 1, compressed by lz4", ros1.plain("LZ4")),
    Kind("ROS 1, image_transport compressed", ros1.compressed),
    Kind("ROS 1, a folder with its split files", ros1.split),
    Kind("ROS 1, what rosbag reindex leaves (.orig.bag)", ros1.reindexed),
    Kind("ROS 1, cut off", ros1.cut(), pairs=(3, 11), told=NO_INDEX),
    Kind("ROS 1, cut off inside a compressed chunk", ros1.cut("LZ4"), pairs=(3, 11), told=NO_INDEX),
    Kind("ROS 1 of a recorder that was killed (.bag.active)", ros1.killed, pairs=(8, 11), told=NO_INDEX),
    Kind("ROS 1, a damaged chunk", ros1.damaged_chunk, pairs=(5, 11), told="a chunk is damaged"),
    Kind("ROS 1, a chunk that claims 4 GB", ros1.giant_chunk, pairs=(5, 11), told="unpacks to"),
    Kind("ROS 1, one damaged image", ros1.one_damaged_image, pairs=PAIRS - 1, told="left out 1 of"),
    Kind("ROS 1 without messages", ros1.empty, pairs=0, message="has no image topic that can be read"),
    Kind("ROS 1, encrypted", ros1.encrypted, pairs=0, message="is encrypted"),
    Kind(
        "ROS 1 before 2010 (format 1.2)",
        makers.bytes_named("drive.bag", b"#ROSBAG V1.2\n" + bytes(100)),
        pairs=0,
        message="is a bag of ROS 1 in format",
    ),
    Kind(
        "ROS 1, nothing but its first line",
        makers.bytes_named("drive.bag", b"#ROSBAG V2.0\n" + bytes(100)),
        pairs=0,
        message="has no image topic that can be read",
    ),
    Kind("Theora", makers.theora, pairs=0, message="is Theora"),
    Kind("no images", makers.no_images, pairs=0, message="has no image topic that can be read"),
    Kind("an empty file", makers.bytes_named("drive.mcap", b""), pairs=0, message="is empty"),
    Kind(
        "a file of another kind",
        makers.bytes_named("drive.mcap", b"not a bag at all" * 50),
        pairs=0,
        message="cannot be opened as a bag",
    ),
)
