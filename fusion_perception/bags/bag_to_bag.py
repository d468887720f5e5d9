# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Any bag becomes one of ROS 2 in mcap, whole and with its index: one of ROS 1, and one that is damaged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fusion_perception.bags.bag_reader import BagReader
from fusion_perception.bags.bag_writer import McapWriter, write_metadata
from fusion_perception.bags.folder_and_bag import Tell, new_folder
from fusion_perception.bags.image_messages import cdr_of, is_known
from fusion_perception.bags.storage import SERIALIZATIONS, StoredTopic
from fusion_perception.errors import DataError, ImageError
from fusion_perception.files.atomic_file import cannot_write

_NAMED = 8  # topics that are left out


def bag_to_bag(bag: Path, out: Path, say: Callable[[str], object], tell: Tell | None = None) -> int:
    """Write all messages of a bag whose types are known into a new one, with the times at which they were recorded.

    Args:
        bag: of ROS 1 or ROS 2.
        out: folder of the new bag; it must not exist, or be empty.
        say: gets a sentence about what is left out.
        tell: shows how far it is.

    Returns:
        The number of messages.

    Raises:
        DataError: the bag cannot be read, nothing of it is known, or the new one cannot be written.
    """
    with BagReader(bag) as reader:
        topics = {name: topic.message_type for name, topic in reader.topics.items() if _is_read(topic)}
        unknown = [topic for topic in reader.topics.values() if not _is_read(topic) and topic.messages]
        if not topics:
            raise DataError(f"{bag} has no topic of a type that is known; its topics: {', '.join(reader.topics)}")
        if unknown:
            names = ", ".join(f"{topic.name} ({topic.message_type})" for topic in unknown[:_NAMED])
            more = f" and {len(unknown) - _NAMED} more" if len(unknown) > _NAMED else ""
            say(f"left out, because their types are not known here: {names}{more}")
        new_folder(out)
        total = sum(reader.topics[name].messages for name in topics)
        number = lost = 0
        reason = ""
        try:
            with McapWriter(out / f"{out.absolute().name}_0.mcap", topics) as writer:
                for stored in reader.messages(topics):
                    try:
                        writer.write(stored.topic, stored.time_ns, cdr_of(stored))
                        number += 1
                    except ImageError as error:
                        lost, reason = lost + 1, reason or f"{stored.topic}: {error}"
                    if tell is not None:
                        tell(number, max(number, total))
            write_metadata(out, topics, [writer.summary()])
        except OSError as error:
            raise cannot_write(out, error) from error
        if lost:
            say(f"left out {lost} of {number + lost} messages; the first: {reason}")
        for sentence in reader.damage:
            say(f"{bag}: {sentence}")
    return number


def _is_read(topic: StoredTopic) -> bool:
    return topic.serialization in SERIALIZATIONS and is_known(topic.message_type, topic.serialization)
