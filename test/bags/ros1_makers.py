# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Writes one bag of ROS 1 of each kind below a folder, and returns its path."""

import struct
from dataclasses import fields

from fusion_perception.bags.bag_writer import topics_of
from fusion_perception.bags.image_messages import deserialize, ros1_typestore
from test.bags import make_bag as make
from test.bags.make_bag import Pairs

NAME = "drive.bag"


def ros1_bytes(data, kind):
    """Return a message of ROS 2 as bytes of ROS 1."""
    return bytes(ros1_typestore().serialize_ros1(_as_ros1(deserialize(data, kind)), kind))


def _as_ros1(value):
    if isinstance(value, list):
        return [_as_ros1(item) for item in value]
    if not hasattr(value, "__msgtype__"):
        return value
    target = ros1_typestore().types[value.__msgtype__]
    mine = {field.name.lower(): field.name for field in fields(value)}
    values = [
        7 if field.name == "seq" else _as_ros1(getattr(value, mine[field.name.lower()])) for field in fields(target)
    ]
    return target(*values)


def write_ros1(path, messages, topics=None, compression="", chunk_bytes=20_000):
    """Write a bag of ROS 1; the messages are those of ROS 2. Returns its path."""
    from rosbags.rosbag1 import Writer

    path.parent.mkdir(parents=True, exist_ok=True)
    kinds = {**topics_of(dict.fromkeys(topic for topic, _, _ in messages)), **(topics or {})}
    writer = Writer(path)
    writer.chunk_threshold = chunk_bytes
    if compression:
        writer.set_compression(Writer.CompressionFormat[compression])
    with writer:
        connections = {
            topic: writer.add_connection(topic, kind, typestore=ros1_typestore()) for topic, kind in kinds.items()
        }
        for topic, time_ns, data in messages:
            writer.write(connections[topic], time_ns, ros1_bytes(data, kinds[topic]))
    return path


def plain(compression="", name=NAME):
    def made(folder):
        return write_ros1(folder / name, Pairs().messages(make.raw_thermal, make.raw_rgb), compression=compression)

    return made


def compressed(folder):
    messages = [(f"{topic}/compressed", *rest) for topic, *rest in Pairs().messages(make.png_thermal, make.jpeg_rgb)]
    return write_ros1(folder / NAME, messages)


def split(folder):
    messages = Pairs().messages(make.raw_thermal, make.raw_rgb)
    for number in range(3):
        third = messages[number * 8 : number * 8 + 8]
        write_ros1(folder / "bags" / f"drive_2024-01-0{number + 1}_{number}.bag", third)
    return folder / "bags"


def reindexed(folder):
    """What 'rosbag reindex' leaves: the new bag, and the old one as a copy."""
    bag = plain(name="bags/drive.bag")(folder)
    bag.with_name("drive.orig.bag").write_bytes(bag.read_bytes())
    return bag.parent


def noisy(compression=""):
    return lambda folder: write_ros1(folder / NAME, make.noisy_messages(), compression=compression, chunk_bytes=60_000)


def cut(compression="", name=NAME):
    """The recorder, or a copy, has ended in the middle."""

    def made(folder):
        bag = noisy(compression)(folder)
        data = bag.read_bytes()
        bag.unlink()
        (folder / name).write_bytes(data[: int(0.6 * len(data))])
        return folder / name

    return made


def killed(folder):
    """The recorder was killed: no index, and the last chunk does not say how long it is."""
    from rosbags.rosbag1 import Reader

    bag = noisy()(folder)
    data = bytearray(bag.read_bytes())
    with Reader(bag) as reader:
        place = max(reader.chunks)
        last = reader.chunks[place]
    del data[last.datapos + last.datasize - 1000 :]
    _overwrite(data, b"index_pos=", bytes(8))
    _overwrite(data, b"size=", bytes(4), place)
    data[last.datapos - 4 : last.datapos] = bytes(4)
    active = folder / "drive.bag.active"
    active.write_bytes(data)
    bag.unlink()
    return active


def damaged_chunk(folder):
    bag = noisy("BZ2")(folder)
    data = bytearray(bag.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 300] = bytes(300)
    bag.write_bytes(data)
    return bag


def giant_chunk(folder):
    """The second chunk says that it unpacks to four gigabytes."""
    bag = noisy("BZ2")(folder)
    data = bytearray(bag.read_bytes())
    _overwrite(data, b"size=", struct.pack("<I", 2**32 - 1), data.index(b"size=", data.index(b"size=") + 5))
    bag.write_bytes(data)
    return bag


def one_damaged_image(folder):
    messages = Pairs().messages(make.raw_thermal, make.raw_rgb)
    bag = write_ros1(folder / NAME, messages)
    data = bytearray(bag.read_bytes())
    _overwrite(data, b"rgb8", b"oops", len(data) // 3)
    bag.write_bytes(data)
    return bag


def empty(folder):
    return write_ros1(folder / NAME, [])


def encrypted(folder):
    bag = plain()(folder)
    data = bag.read_bytes()
    field = b"encryptor=rosbag/AesCbcEncryptor"
    start = data.index(b"\n") + 1
    (length,) = struct.unpack_from("<I", data, start)
    header = data[start + 4 : start + 4 + length] + struct.pack("<I", len(field)) + field
    bag.write_bytes(data[:start] + struct.pack("<I", len(header)) + header + data[start + 4 + length :])
    return bag


def _overwrite(data, name, value, start=0):
    place = data.index(name, start) + (len(name) if name.endswith(b"=") else 0)
    data[place : place + len(value)] = value
