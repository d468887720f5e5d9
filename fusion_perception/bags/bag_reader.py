# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A bag as a stream of messages in the order of their times, read as far as it goes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType

from fusion_perception.bags.bag_files import find_files, open_storage, scratch_folder
from fusion_perception.bags.bag_limits import OPEN_BYTES
from fusion_perception.bags.storage import Storage, StoredMessage, StoredTopic, merge_by_time, most_at_once
from fusion_perception.errors import BackendError, DataError, FusionPerceptionError


class BagReader:
    """The topics and messages of a bag.

    Whatever is damaged or missing is left out and told in ``damage``; only a bag without a readable file is refused.

    Args:
        path: folder of a bag, with or without its metadata.yaml, or one of its files.

    Raises:
        DataError: there is no such bag, or no file of it can be read.
        BackendError: a package that reads bags is not installed.

    Example:
        >>> with BagReader(Path("drive")) as bag:
        ...     for message in bag.messages({"/camera/image_raw"}): ...
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        found = find_files(path)
        self._damage = list(found.damage)
        self._scratch: tempfile.TemporaryDirectory[str] = scratch_folder()
        self._storages: list[Storage] = []
        reasons: list[str] = []
        try:
            for file in found.files:
                try:
                    self._storages.append(open_storage(file, Path(self._scratch.name)))
                except BackendError:
                    raise
                except FusionPerceptionError as error:
                    reasons.append(str(error))
                except Exception as error:  # the file comes from outside, and libraries raise what they stumbled over
                    reasons.append(f"{file} cannot be opened as a bag ({type(error).__name__}: {error})")
            if not self._storages:
                raise DataError("; ".join(reasons[:3]))
        except BaseException:
            self.close()
            raise
        self._damage += reasons
        topics: dict[str, StoredTopic] = {}
        for storage in self._storages:
            for topic in storage.topics:
                before = topics.get(topic.name)
                if before is None or not before.messages:
                    topics[topic.name] = topic
                elif before.message_type == topic.message_type:
                    topics[topic.name] = replace(topic, messages=before.messages + topic.messages)
        self.topics: dict[str, StoredTopic] = dict(sorted(topics.items()))
        """By name."""

    @property
    def start_ns(self) -> int:
        """Time of the first message, as far as that is known."""
        return min((storage.start_ns for storage in self._storages if storage.end_ns), default=0)

    @property
    def end_ns(self) -> int:
        """Time of the last message, as far as that is known."""
        return max((storage.end_ns for storage in self._storages), default=0)

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that can be read, in the order of their names."""
        return tuple(storage.path for storage in self._storages)

    @property
    def damage(self) -> tuple[str, ...]:
        """What cannot be read, one sentence each; it may become more while messages are read."""
        told = list(self._damage)
        for storage in self._storages:
            name = storage.path.name
            told += [f"{name}: {sentence}" for sentence in dict.fromkeys(storage.damage)]
            if not storage.ordered:
                told.append(f"{name}: its messages are read in the order of the file, not in that of their times")
        return tuple(told)

    def messages(self, topics: Collection[str]) -> Iterator[StoredMessage]:
        """Yield the messages of some topics in the order of their times, as far as they can be read."""
        storages = [item for item in self._storages if any(topic.name in topics for topic in item.topics)]
        at_once = max(1, most_at_once((item.start_ns, item.end_ns, 1) for item in storages))
        sources: list[tuple[int, Callable[[], Iterator[StoredMessage]]]] = [
            (storage.start_ns, partial(self._of_storage, storage, topics, OPEN_BYTES // at_once))
            for storage in storages
        ]
        yield from merge_by_time(sources)

    def _of_storage(self, storage: Storage, topics: Collection[str], open_bytes: int) -> Iterator[StoredMessage]:
        try:
            yield from storage.messages(topics, open_bytes)
        except Exception as error:  # the file comes from outside, and libraries raise what they stumbled over
            storage.damage.append(f"it cannot be read on ({type(error).__name__}: {error})")

    def close(self) -> None:
        """Remove what was unpacked; calling it twice is harmless."""
        self._scratch.cleanup()

    def __enter__(self) -> BagReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
