# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The first messages of an image topic: their look, how often they come, and by which clock they are stamped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from statistics import median

from fusion_perception.bags.bag_reader import BagReader
from fusion_perception.bags.image_messages import message_of, stamp_ns
from fusion_perception.bags.picture_look import Look, look_at, typical
from fusion_perception.errors import BackendError, ImageError
from fusion_perception.ros.conversion import is_compressed

_MESSAGES = 40  # that are read of each topic
_LOOKS = 3  # of which so many are looked at
_BYTES = 128_000_000  # unless they are larger


@dataclass(frozen=True)
class TopicSurvey:
    """What the first messages of a topic say.

    Attributes:
        look: of its images; None when none could be decoded.
        stamps_ns: their stamps; 0 is an empty one.
        received_ns: when the recorder got them.
        problem: why none could be decoded.
        encoding: of the images, as their messages say.
    """

    look: Look | None
    stamps_ns: tuple[int, ...]
    received_ns: tuple[int, ...]
    problem: str = ""
    encoding: str = ""

    @property
    def stamp_fault(self) -> str:
        """What is wrong with the stamps, so that the times of the recorder are better; empty when they are fine."""
        if not self.stamps_ns:
            return ""
        # One empty stamp at the start is the fault of that image; of a single image it is that of the topic.
        if sum(not stamp for stamp in self.stamps_ns) * 2 > len(self.stamps_ns):
            return "the images have no stamp"
        if len(self.stamps_ns) > 4 and len(set(self.stamps_ns)) * 2 <= len(self.stamps_ns):
            return "the stamps do not advance"
        return ""

    @property
    def age_ns(self) -> int | None:
        """Usual time between stamp and reception, by two clocks; None without stamps."""
        ages = [got - stamp for stamp, got in zip(self.stamps_ns, self.received_ns, strict=True) if stamp]
        return int(median(ages)) if ages else None

    @property
    def period_ns(self) -> int | None:
        """Usual time between two images; None when there are not enough."""
        times = self.received_ns if self.stamp_fault else [stamp for stamp in self.stamps_ns if stamp]
        return _period(times)


def survey(bag: BagReader, topic: str) -> TopicSurvey:
    """Read the first messages of an image topic."""
    stamps: list[int] = []
    received: list[int] = []
    looks: list[Look] = []
    problem, encoding, size = "", "", 0
    for stored in islice(bag.messages({topic}), _MESSAGES):
        size += len(stored.data)
        try:
            message = message_of(stored)
            stamps.append(stamp_ns(message))
            received.append(stored.time_ns)
            encoding = encoding or str(message.format if is_compressed(message) else message.encoding)
            if len(looks) < _LOOKS:
                looks.append(look_at(message, stored.message_type))
        except (ImageError, BackendError) as error:
            problem = problem or str(error)
        except (AttributeError, TypeError, ValueError, MemoryError, OverflowError) as error:
            problem = problem or f"it makes no sense ({type(error).__name__}: {error})"
        if size > _BYTES:
            break
    return TopicSurvey(typical(looks), tuple(stamps), tuple(received), problem, encoding)


def _period(times_ns: Sequence[int]) -> int | None:
    steps = [after - before for before, after in pairwise(times_ns) if after > before]
    return int(median(steps)) if steps else None
