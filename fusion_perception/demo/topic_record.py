# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What came on one topic: how much, and when."""

from __future__ import annotations

from fusion_perception.demo.recording_document import TopicMessages
from fusion_perception.demo.stamp_file import StampFile


class TopicRecord:
    """What came on one topic.

    Args:
        message_type: for example ``"sensor_msgs/msg/Image"``.
        stamps: takes the times of its messages.
    """

    def __init__(self, message_type: str, stamps: StampFile) -> None:
        self.encoding = ""
        self.messages = 0
        self._message_type = message_type
        self._total_bytes = 0
        self._stamps = stamps

    def add(self, stamp_ns: int, published_ns: int, size: int, encoding: str) -> None:
        """Note one message."""
        self.encoding = encoding or self.encoding
        self.messages += 1
        self._total_bytes += size
        self._stamps.append(stamp_ns, published_ns)

    def close(self) -> None:
        """Forget the times."""
        self._stamps.close()

    def document(self) -> TopicMessages:
        """Return everything: type, encoding, number, serialized size, header stamps, times of publication."""
        stamps_ns, published_ns = self._stamps.columns()
        return TopicMessages(
            message_type=self._message_type,
            encoding=self.encoding,
            messages=self.messages,
            total_bytes=self._total_bytes,
            stamps_ns=tuple(stamps_ns),
            published_ns=tuple(published_ns),
        )
