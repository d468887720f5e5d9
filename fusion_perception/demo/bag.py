# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A rosbag2 file that stays below a size: where needed, whole results are left out, evenly over the run."""

from __future__ import annotations

import shutil
import tempfile
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from fusion_perception.errors import require

# Oldest layout of bag metadata that the writer offers: every ros2 bag from Humble on reads it.
_BAG_VERSION = 8

_SCRATCH = ".bag-"  # how the folders begin in which unfinished bags lie
_REMEMBERED = 64  # stamps for which it is known whether they are kept; messages of older ones come no more


class BudgetedBag:
    """Writes serialized messages into one ``.mcap`` file with zstd chunks.

    The messages of one stamp are kept or left out together. A stamp is kept while the file is not
    ahead of its share of the budget, so that what is kept is spread over the whole run.

    Args:
        path: the file to write; an older one is replaced when this one is complete.
        topics: topic name -> message type, for example ``"sensor_msgs/msg/Image"``.
        budget_bytes: wanted size of the file; it may be exceeded by a few results.
        expected_stamps: number of stamps to come; only the spreading depends on it.

    Raises:
        BackendError: the package ``rosbags`` is not installed.
    """

    def __init__(self, path: Path, topics: Mapping[str, str], budget_bytes: int, expected_stamps: int) -> None:
        rosbag2 = require("rosbags.rosbag2", "writing the bag")
        types = require("rosbags.typesys", "writing the bag")
        self.path = path
        self.stamps_kept = 0
        self._budget_bytes = budget_bytes
        self._expected = max(1, expected_stamps)
        self._seen = 0
        self._decisions: OrderedDict[int, bool] = OrderedDict()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._scratch = Path(tempfile.mkdtemp(prefix=_SCRATCH, dir=path.parent))
        # The writer names the file after its folder; the bag's own metadata repeats that name.
        self._folder = self._scratch / path.stem
        self._unfinished = self._folder / f"{path.stem}.mcap"
        self._writer: Any = rosbag2.Writer(
            self._folder, version=_BAG_VERSION, storage_plugin=rosbag2.StoragePlugin.MCAP
        )
        self._writer.set_compression(rosbag2.CompressionMode.STORAGE, rosbag2.CompressionFormat.ZSTD)
        self._writer.open()
        store = types.get_typestore(types.Stores.ROS2_JAZZY)
        self._connections = {
            topic: self._writer.add_connection(topic, message_type, typestore=store)
            for topic, message_type in topics.items()
        }

    def write(self, topic: str, stamp_ns: int, received_ns: int, data: bytes) -> bool:
        """Write a message of a result, unless its stamp is left out.

        Args:
            topic: one of the topics given at the start.
            stamp_ns: the stamp that the messages of one result share.
            received_ns: time of the message in the bag.
            data: the serialized message.

        Returns:
            Whether it was written.
        """
        keep = self._decisions.get(stamp_ns)
        if keep is None:
            share = min(1.0, self._seen / self._expected)
            keep = self._size() <= share * self._budget_bytes
            self._seen += 1
            self._decisions[stamp_ns] = keep
            if len(self._decisions) > _REMEMBERED:
                self._decisions.popitem(last=False)
            self.stamps_kept += keep
        if keep:
            self.write_always(topic, received_ns, data)
        return keep

    def write_always(self, topic: str, received_ns: int, data: bytes) -> None:
        """Write a small message that belongs to no result, for example diagnostics."""
        self._writer.write(self._connections[topic], received_ns, data)

    def close(self) -> None:
        """Complete the file and put it in its place; nothing is left where that fails."""
        try:
            self._writer.close()
            self._unfinished.replace(self.path)
        finally:
            self.abort()

    def abort(self) -> None:
        """Remove the unfinished file."""
        with suppress(OSError):  # closing the file tries to write what could not be written
            self._writer.abort()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _size(self) -> int:
        return self._unfinished.stat().st_size

    def __enter__(self) -> BudgetedBag:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Complete the file, or remove it when the block failed."""
        if kind is None:
            self.close()
        else:
            self.abort()
