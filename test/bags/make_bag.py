# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Makes small bags of every kind that people have."""

import struct
from io import BytesIO
from unittest import mock

import cv2
import numpy as np

from fusion_perception.bags import bag_writer
from fusion_perception.bags.bag_writer import (
    FileSummary,
    McapWriter,
    compressed_bytes,
    image_bytes,
    topics_of,
    write_metadata,
)
from fusion_perception.bags.image_messages import VIDEO, typestore

PAIRS = 12

THERMAL, RGB = "/flir/image_raw", "/camera/image_raw"
START_NS = 1_700_000_000 * 10**9
HEIGHT, WIDTH = 24, 32


def thermal_image(number, dtype=np.uint8):
    """A warm spot that wanders over a gradient."""
    image = np.add.outer(np.arange(HEIGHT), np.arange(WIDTH)) * 2.0 + 40
    cv2.circle(image, (number % WIDTH, HEIGHT // 2), 4, 220.0, -1)
    return (image * (1 if dtype == np.uint8 else 64)).astype(dtype)


def rgb_image(number):
    """Colours, other ones in every pair."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    return np.stack([rows * 9, columns * 7, (rows * columns + 11 * number) % 256], axis=-1).astype(np.uint8)


class Pairs:
    """Messages of pairs, ten a second: thermal 8 ms after RGB.

    Each of the two functions gets the number of the pair and returns ``(stamp_ns, received_ns, data)`` or None.
    """

    def __init__(self, number=PAIRS, period_ms=100):
        self.number = number
        self.period_ms = period_ms

    def messages(self, thermal, rgb):
        """Yield (topic, received_ns, data) in the order of reception."""
        found = []
        for number in range(self.number):
            base = START_NS + number * self.period_ms * 10**6
            found += [(base + 8 * 10**6, THERMAL, thermal(number, base + 8 * 10**6)), (base, RGB, rgb(number, base))]
        return [
            (topic, time, data) for time, topic, data in sorted(found, key=lambda item: item[0]) if data is not None
        ]


def raw_thermal(number, stamp_ns, dtype=np.uint8):
    return image_bytes(thermal_image(number, dtype), "mono8" if dtype == np.uint8 else "mono16", stamp_ns, "thermal")


def raw_rgb(number, stamp_ns):
    return image_bytes(rgb_image(number), "rgb8", stamp_ns, "camera")


def jpeg_rgb(number, stamp_ns):
    return compressed_bytes(rgb_image(number), stamp_ns, "camera", quality=98)


def png_thermal(number, stamp_ns):
    return compressed_bytes(thermal_image(number, np.uint16), stamp_ns, "thermal")


def write_mcap(folder, messages, topics=None, metadata=True, writer_options=None, schema_names=None):
    """Write a bag of one mcap file; returns the folder.

    Args:
        folder: to make.
        messages: (topic, time_ns, data).
        topics: types of topics, where the name does not say it.
        metadata: write its metadata.yaml.
        writer_options: of the library's writer.
        schema_names: type -> what the file shall call it.
    """
    folder.mkdir(parents=True)
    kinds = {**topics_of(dict.fromkeys(topic for topic, _, _ in messages)), **(topics or {})}
    with _writer(writer_options or {}, schema_names or {}), McapWriter(folder / f"{folder.name}_0.mcap", kinds) as file:
        for topic, time_ns, data in messages:
            file.write(topic, time_ns, data)
    if metadata:
        write_metadata(folder, kinds, [file.summary()])
    return folder


def _writer(options, names):
    """Let the library write as others do."""
    import mcap.writer as library

    class Writer(library.Writer):
        def __init__(self, output, **given):
            super().__init__(output, **{**given, **options})

        def register_schema(self, name, encoding, data):
            return super().register_schema(names.get(name, name), encoding, data)

    real = bag_writer.require

    def require(module, purpose):
        found = real(module, purpose)
        if module != "mcap.writer":
            return found
        return mock.Mock(Writer=Writer, CompressionType=found.CompressionType)

    return mock.patch.object(bag_writer, "require", require)


def file_summary(name, messages):
    times = [time_ns for _, time_ns, _ in messages]
    counts = {topic: sum(item[0] == topic for item in messages) for topic in {item[0] for item in messages}}
    return FileSummary(name, min(times), max(times), counts)


def noisy_messages(pairs=PAIRS):
    """Large images that nothing can compress: the place of a cut says how many are there."""

    def noise(channels, encoding):
        def image(number, stamp_ns):
            shape = (100, 120, channels) if channels > 1 else (100, 120)
            pixels = np.random.default_rng(number).integers(0, 256, shape, np.uint8)
            return image_bytes(pixels, encoding, stamp_ns, "camera")

        return image

    return Pairs(pairs).messages(noise(1, "mono8"), noise(3, "rgb8"))


def rosbags_mcap(folder, messages, *, chunks=False, packed=False):
    """Write an mcap bag as rosbags does, in chunks of some images, compressed or not."""
    from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer

    mode = CompressionMode.MESSAGE if packed else CompressionMode.STORAGE if chunks else CompressionMode.NONE
    writer = Writer(folder, version=8, storage_plugin=StoragePlugin.MCAP)
    writer.set_compression(mode, CompressionFormat.ZSTD)
    with writer:
        _write_all(writer, messages)
    return folder


def _write_all(writer, messages, topics=None):
    kinds = {**topics_of(dict.fromkeys(topic for topic, _, _ in messages)), **(topics or {})}
    connections = {topic: writer.add_connection(topic, kind, typestore=typestore()) for topic, kind in kinds.items()}
    for number, (topic, time_ns, data) in enumerate(messages):
        writer.write(connections[topic], time_ns, data)
        if number % 4 == 3 and hasattr(writer.storage, "close_chunk"):
            writer.storage.close_chunk()


def video_packets(pairs=PAIRS):
    """Packets of ffmpeg_image_transport, one an image."""
    import av

    context = av.CodecContext.create("libx264", "w")
    context.width, context.height, context.pix_fmt = WIDTH * 4, HEIGHT * 4, "yuv420p"
    context.framerate = 10
    context.options = {"preset": "ultrafast", "tune": "zerolatency"}
    types = typestore().types
    found = []
    for number in range(pairs):
        image = cv2.resize(rgb_image(number), (WIDTH * 4, HEIGHT * 4))
        frame = av.VideoFrame.from_ndarray(image, "rgb24")
        frame.pts = number
        for packet in context.encode(frame):
            stamp = START_NS + number * 10**8
            header = types["std_msgs/msg/Header"](
                types["builtin_interfaces/msg/Time"](stamp // 10**9, stamp % 10**9), "camera"
            )
            data = np.frombuffer(bytes(packet), np.uint8)
            message = types[VIDEO](
                header, WIDTH * 4, HEIGHT * 4, "libx264;yuv420p;bgr8;rgb8", number, int(packet.is_keyframe), False, data
            )
            found.append(bytes(typestore().serialize_cdr(message, VIDEO)))
    return found


def rewrite_chunk_times(bag, file, start_ns, end_ns):
    """Let every chunk, and the index, claim other times."""
    return _rewrite(bag, file, lambda head: struct.pack("<QQ", start_ns, end_ns) + head[16:])


def rewrite_chunk_size(bag, file, size):
    """Let the second chunk, and the index, claim another size."""
    seen = []

    def change(head):
        seen.append(head)
        return head if len(seen) % 2 else head[:16] + struct.pack("<Q", size) + head[24:]

    return _rewrite(bag, file, change)


def _rewrite(bag, file, change):
    """Change the first 24 bytes (start, end, size unpacked) of chunks, and write a new index."""
    from mcap.reader import make_reader
    from mcap.records import ChunkIndex

    data = bytearray(file.read_bytes())
    indexes = make_reader(BytesIO(bytes(data))).get_summary().chunk_indexes
    for index in indexes:
        position = index.chunk_start_offset + 9
        head = bytes(data[position : position + 24])
        new = change(head)
        data[position : position + 24] = new
        start_ns, end_ns, size = struct.unpack("<QQQ", new)
        old, changed = (
            _index_bytes(item)
            for item in (
                index,
                ChunkIndex(
                    **{
                        **vars(index),
                        "message_start_time": start_ns,
                        "message_end_time": end_ns,
                        "uncompressed_size": size,
                    }
                ),
            )
        )
        place = bytes(data).rindex(old)
        data[place : place + len(old)] = changed
    file.write_bytes(data)
    return bag


def _index_bytes(index):
    from mcap.data_stream import RecordBuilder

    builder = RecordBuilder()
    index.write(builder)
    return builder.end()


def plain_bag(folder, pairs=PAIRS, dtype=np.uint8, **options):
    """A bag without a fault."""
    return write_mcap(folder, Pairs(pairs).messages(lambda n, t: raw_thermal(n, t, dtype), raw_rgb), **options)


def write_sqlite(folder, messages, topics=None):
    """Write the same as sqlite."""
    from rosbags.rosbag2 import StoragePlugin, Writer

    with Writer(folder, version=8, storage_plugin=StoragePlugin.SQLITE3) as writer:
        _write_all(writer, messages, topics)
    return folder
