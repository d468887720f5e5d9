# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Writes one bag of each kind below a folder, and returns its path."""

import shutil
import sqlite3
import struct
from pathlib import Path

import numpy as np

from fusion_perception.bags.bag_files import open_zstd
from fusion_perception.bags.bag_writer import image_bytes, write_metadata
from fusion_perception.bags.image_messages import IMAGE, VIDEO, typestore
from test.bags import make_bag as make
from test.bags.make_bag import PAIRS, RGB, THERMAL, Pairs, plain_bag, write_mcap, write_sqlite


def _file_of(folder):
    (file,) = [item for item in folder.iterdir() if item.suffix in {".mcap", ".db3"}]
    return file


def sqlite_bag(folder, pairs=PAIRS):
    return write_sqlite(folder, Pairs(pairs).messages(make.raw_thermal, make.raw_rgb))


def single(maker):
    def made(folder):
        bag = maker(folder / "source")
        return Path(shutil.move(_file_of(bag), folder / f"alone{_file_of(bag).suffix}"))

    return made


def without_metadata(maker):
    def made(folder):
        bag = maker(folder / "bag")
        (bag / "metadata.yaml").unlink()
        return bag

    return made


def changed_metadata(change):
    def made(folder):
        bag = plain_bag(folder / "bag")
        text = (bag / "metadata.yaml").read_text()
        (bag / "metadata.yaml").write_text(change(text))
        return bag

    return made


def split(folder, missing=False):
    messages = Pairs().messages(make.raw_thermal, make.raw_rgb)
    third = len(messages) // 3
    bag = folder / "bag"
    bag.mkdir(parents=True)
    summaries = []
    for number in range(3):
        piece = write_mcap(folder / f"piece{number}", messages[number * third : (number + 1) * third])
        shutil.move(_file_of(piece), bag / f"bag_{number}.mcap")
        summaries.append(make.file_summary(f"bag_{number}.mcap", messages[number * third : (number + 1) * third]))
    write_metadata(bag, make.topics_of([THERMAL, RGB]), summaries)
    if missing:
        (bag / "bag_1.mcap").unlink()
    return bag


def cut(compress):
    def made(folder):
        bag = make.rosbags_mcap(folder / "bag", make.noisy_messages(), chunks=compress)
        file = _file_of(bag)
        data = file.read_bytes()
        file.write_bytes(data[: int(0.6 * len(data))])
        return bag

    return made


def damaged_chunk(folder):
    bag = write_mcap(folder / "bag", make.noisy_messages(), writer_options={"chunk_size": 60_000})
    file = _file_of(bag)
    data = bytearray(file.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 100] = bytes(100)
    file.write_bytes(data)
    return bag


def damaged_sqlite(folder):
    bag = sqlite_bag(folder / "bag", 60)
    file = _file_of(bag)
    data = bytearray(file.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 4096] = bytes(4096)
    file.write_bytes(data)
    return bag


def killed_sqlite(folder):
    """The recorder has been killed: the last messages are in the log of the database alone."""
    bag = sqlite_bag(folder / "bag", 6)
    (bag / "metadata.yaml").unlink()
    file = _file_of(bag)
    database = sqlite3.connect(file)
    database.execute("PRAGMA journal_mode=WAL")
    later = Pairs(PAIRS).messages(make.raw_thermal, make.raw_rgb)[12:]
    numbers = dict(database.execute("SELECT name, id FROM topics"))
    for topic, time_ns, data in later:
        database.execute(
            "INSERT INTO messages (topic_id, timestamp, data) VALUES (?, ?, ?)", (numbers[topic], time_ns, data)
        )
    database.commit()
    left = folder / "left"
    left.mkdir()
    for item in bag.glob("*.db3*"):
        if not item.name.endswith("-shm"):
            shutil.copy(item, left / item.name)
    database.close()
    return left


def packed_file(folder):
    bag = plain_bag(folder / "bag")
    file = _file_of(bag)
    with open_zstd(file.with_name(f"{file.name}.zstd"), "wb") as packed:
        packed.write(file.read_bytes())
    file.unlink()
    return bag


def packed_messages(folder):
    return make.rosbags_mcap(folder / "bag", Pairs().messages(make.raw_thermal, make.raw_rgb), packed=True)


def without_chunks(folder):
    return write_mcap(
        folder / "bag", Pairs().messages(make.raw_thermal, make.raw_rgb), writer_options={"use_chunking": False}
    )


def one_camera_after_the_other(folder):
    messages = sorted(Pairs(150).messages(make.raw_thermal, make.raw_rgb), key=lambda item: item[0] == RGB)
    return write_mcap(folder / "bag", messages, writer_options={"chunk_size": 4000})


def compressed(folder):
    return write_mcap(folder / "bag", renamed(Pairs().messages(make.png_thermal, make.jpeg_rgb), "/compressed"))


def renamed(messages, suffix="", thermal=THERMAL, rgb=RGB):
    names = {THERMAL: f"{thermal}{suffix}", RGB: f"{rgb}{suffix}"}
    return [(names[topic], time, data) for topic, time, data in messages]


def raw_without_messages(folder):
    messages = [
        (f"{topic}/compressed" if topic == RGB else topic, time, data)
        for topic, time, data in Pairs().messages(make.raw_thermal, make.jpeg_rgb)
    ]
    return write_mcap(folder / "bag", messages, topics={RGB: IMAGE})


def video(folder):
    packets = make.video_packets()
    messages = [
        (
            f"{RGB}/ffmpeg" if topic == RGB else topic,
            time,
            packets[(time - make.START_NS) // 10**8] if topic == RGB else data,
        )
        for topic, time, data in Pairs().messages(make.raw_thermal, make.raw_rgb)
    ]
    return write_mcap(folder / "bag", messages, topics={f"{RGB}/ffmpeg": VIDEO})


def one_damaged_image(folder):
    def rgb(number, stamp_ns):
        data = make.raw_rgb(number, stamp_ns)
        return data[:-100] if number == 4 else data

    return write_mcap(folder / "bag", Pairs().messages(make.raw_thermal, rgb))


def stamped(thermal=lambda stamp: stamp, rgb=lambda stamp: stamp):
    def made(folder):
        messages = Pairs(40).messages(
            lambda number, stamp: make.raw_thermal(number, thermal(stamp)),
            lambda number, stamp: make.raw_rgb(number, rgb(stamp)),
        )
        return write_mcap(folder / "bag", messages)

    return made


def one_camera(kept):
    def made(folder):
        messages = [item for item in Pairs().messages(make.raw_thermal, make.raw_rgb) if item[0] == kept]
        return write_mcap(folder / "bag", messages)

    return made


def named(thermal, rgb, maker=make.raw_thermal):
    def made(folder):
        return write_mcap(folder / "bag", renamed(Pairs().messages(maker, make.raw_rgb), "", thermal, rgb))

    return made


def deep_thermal(number, stamp_ns):
    return make.raw_thermal(number, stamp_ns, np.uint16)


def two_grey(folder):
    def grey(number, stamp_ns):
        return image_bytes(make.rgb_image(number)[..., 0], "mono8", stamp_ns, "camera")

    return write_mcap(
        folder / "bag", renamed(Pairs().messages(make.raw_thermal, grey), "", "/cam0/image", "/cam1/image")
    )


def with_more(*extra):
    """A bag with further topics: (name, images)."""

    def made(folder):
        messages = Pairs().messages(make.raw_thermal, make.raw_rgb)
        for name, image in extra:
            messages += [
                (name, make.START_NS + number * 10**8, image(number, make.START_NS + number * 10**8))
                for number in range(PAIRS)
            ]
        return write_mcap(folder / "bag", sorted(messages, key=lambda item: item[1]))

    return made


def depth(number, stamp_ns):
    return image_bytes(np.full((make.HEIGHT, make.WIDTH), 1000 + number, np.uint16), "16UC1", stamp_ns, "depth")


def float_thermal(number, stamp_ns):
    image = make.thermal_image(number).astype(np.float32)
    image[3, 4] = np.nan
    return image_bytes(image, "32FC1", stamp_ns, "thermal")


def overlapping(folder):
    """Every chunk claims to last from the beginning to the end of time."""
    bag = plain_bag(folder / "bag", writer_options={"chunk_size": 3000})
    file = _file_of(bag)
    return make.rewrite_chunk_times(bag, file, 0, 2**62)


def giant_chunk(folder):
    """A chunk says that it unpacks to an exabyte."""
    bag = plain_bag(folder / "bag", writer_options={"chunk_size": 3000})
    file = _file_of(bag)
    return make.rewrite_chunk_size(bag, file, 10**18)


def giant_record(folder):
    """A cut file whose last record says that it is an exabyte long."""
    bag = make.rosbags_mcap(folder / "bag", make.noisy_messages(), chunks=False)
    file = _file_of(bag)
    data = file.read_bytes()
    file.write_bytes(data[: int(0.6 * len(data))] + struct.pack("<BQ", 5, 10**18) + bytes(50))
    return bag


def bytes_named(name, data):
    def made(folder):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
        return folder / name

    return made


def theora(folder):
    return write_mcap(
        folder / "bag",
        [(f"{RGB}/theora", make.START_NS + n, bytes(40)) for n in range(5)],
        topics={f"{RGB}/theora": IMAGE},
        schema_names={IMAGE: "theora_image_transport/msg/Packet"},
    )


def no_images(folder):
    kind = "std_msgs/msg/Header"
    types = typestore().types
    header = types[kind](types["builtin_interfaces/msg/Time"](5, 0), "")
    data = bytes(typestore().serialize_cdr(header, kind))
    return write_mcap(folder / "bag", [("/clock", make.START_NS + n, data) for n in range(5)], topics={"/clock": kind})


def left(number, stamp_ns):
    return image_bytes(255 - make.rgb_image(number), "rgb8", stamp_ns, "left")
