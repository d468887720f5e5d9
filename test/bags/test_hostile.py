# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Bags with bytes of any kind in any place give pairs or one sentence, and never a traceback."""

import random

import pytest

pytest.importorskip("rosbags", reason="rosbags is not installed")
pytest.importorskip("mcap", reason="mcap is not installed")

from fusion_perception.bags import bag_reader, mcap_file
from fusion_perception.bags.bag_source import BagSource
from fusion_perception.bags.storage import most_at_once
from fusion_perception.errors import FusionPerceptionError
from test.bags import make_bag
from test.bags.make_bag import Pairs, plain_bag, raw_rgb, raw_thermal, rosbags_mcap, write_sqlite
from test.bags.ros1_makers import write_ros1

MAKERS = {
    "mcap lz4": lambda folder: plain_bag(folder, 6, writer_options={"chunk_size": 3000}),
    "mcap zstd": lambda folder: rosbags_mcap(folder, Pairs(6).messages(raw_thermal, raw_rgb), chunks=True),
    "mcap plain": lambda folder: rosbags_mcap(folder, Pairs(6).messages(raw_thermal, raw_rgb)),
    "mcap loose": lambda folder: plain_bag(folder, 6, writer_options={"use_chunking": False}),
    "ROS 1": lambda folder: _ros1(folder, ""),
    "ROS 1 bz2": lambda folder: _ros1(folder, "BZ2"),
    "ROS 1 lz4": lambda folder: _ros1(folder, "LZ4"),
    "sqlite": lambda folder: write_sqlite(folder, Pairs(6).messages(raw_thermal, raw_rgb)),
}


def _ros1(folder, compression):
    return write_ros1(
        folder / "a.bag", Pairs(6).messages(raw_thermal, raw_rgb), compression=compression, chunk_bytes=4000
    ).parent


@pytest.mark.parametrize("maker", MAKERS)
def test_damage_of_any_kind(tmp_path, maker):
    bag = MAKERS[maker](tmp_path / "bag")
    (file,) = [item for item in bag.iterdir() if item.suffix in {".mcap", ".db3", ".bag"}]
    whole = file.read_bytes()
    generator = random.Random(7)  # noqa: S311 - not for secrets
    alone = tmp_path / file.name
    came = []
    for _ in range(40):
        data = bytearray(whole)
        for _ in range(generator.choice((1, 3, 30))):
            place = generator.randrange(len(data))
            length = generator.choice((1, 2, 8, 100))
            data[place : place + length] = generator.randbytes(length) if generator.random() < 0.7 else bytes(length)
        if generator.random() < 0.2:
            del data[generator.randrange(len(data)) :]
        alone.write_bytes(data)
        try:
            came.append(len(list(BagSource(alone, warn=lambda text: None))))
        except FusionPerceptionError as error:
            assert str(error)
            came.append(0)
    assert len(came) == 40
    assert sum(number > 0 for number in came) > 10  # else little is tried


def test_chunks_that_overlap_are_not_open_together(tmp_path, monkeypatch):
    """Every chunk claims to last from the beginning to the end of time, and together they are too large."""
    bag = plain_bag(tmp_path / "bag", 12, writer_options={"chunk_size": 3000})
    (file,) = bag.glob("*.mcap")
    make_bag.rewrite_chunk_times(bag, file, 0, 2**62)
    monkeypatch.setattr(bag_reader, "OPEN_BYTES", 20_000)
    sizes, now = [], set()
    unpack = mcap_file.unpack_chunk

    def watched(opened, chunk):
        data = unpack(opened, chunk)
        now.add(chunk.offset)
        sizes.append(len(data))
        return data

    monkeypatch.setattr(mcap_file, "unpack_chunk", watched)
    told = []
    source = BagSource(bag, warn=told.append)
    now.clear()
    iterator = iter(source)
    next(iterator)
    assert len(now) <= 3 < len(sizes)
    assert len(list(iterator)) == 11
    assert any("are read in the order of the file" in text for text in told)


@pytest.mark.parametrize(
    ("spans", "most"),
    [
        ([], 0),
        ([(0, 5, 7)], 7),
        ([(0, 5, 7), (6, 9, 4)], 7),
        ([(0, 5, 7), (5, 9, 4)], 11),
        ([(0, 100, 1)] * 4, 4),
        ([(9, 0, 3), (9, 9, 2)], 5),
    ],
)
def test_what_is_open_at_a_time_is_counted(spans, most):
    assert most_at_once(spans) == most
