# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""One image topic of a bag: its messages become frames, and what is wrong with some is counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion_perception.bags.clock_drift import Ages
from fusion_perception.bags.image_messages import VIDEO, message_of, stamp_ns
from fusion_perception.bags.storage import StoredMessage
from fusion_perception.bags.video_packets import VideoDecoder
from fusion_perception.errors import DataError, ImageError
from fusion_perception.ros.conversion import rgb_from_message, thermal_from_message
from fusion_perception.types import Frame

_HOPELESS = 20  # images in a row from the first on that cannot be used: no other one will be better


@dataclass(frozen=True)
class RecordedFrame(Frame):
    """A frame out of a bag.

    Attributes:
        received_ns: when the recorder got it.
    """

    received_ns: int = 0


class ImageTopic:
    """Reads the images of one camera, and remembers what was wrong with some.

    Args:
        name: bag and topic, for messages.
        sensor: ``"thermal"`` or ``"rgb"``.
        by_receipt: the times at which messages were recorded stand for their stamps.
        patient: read on, however many cannot be used.

    Attributes:
        good: images that could be used so far.
        bad: images that could not.
        reason: why the first of them could not.
        ages: of the images when they were recorded, by their stamps.
    """

    def __init__(self, name: str, sensor: str, *, by_receipt: bool = False, patient: bool = False) -> None:
        self.sensor = sensor
        self.good = self.bad = 0
        self.reason = ""
        self.ages = Ages()
        self._name = name
        self._by_receipt = by_receipt
        self._patient = patient
        self._video: VideoDecoder | None = None
        self._last_ns = 0

    def read(self, stored: StoredMessage) -> list[RecordedFrame]:
        """Return the frames that a message completes: one, or none when it cannot be used; of video more.

        Raises:
            DataError: so many in a row cannot be used that none will.
            BackendError: it is video, and the package that decodes it is not installed.
        """
        try:
            message = message_of(stored)
            stamp = stored.time_ns if self._by_receipt else stamp_ns(message)
            if not stamp:
                raise ImageError("its stamp is empty")
            frames = self._frames(message, stored, stamp)
        except ImageError as error:
            self._note(str(error))
            return []
        except (AttributeError, TypeError, ValueError, MemoryError, OverflowError) as error:
            self._note(f"it makes no sense ({type(error).__name__}: {error})")
            return []
        self.good += len(frames)
        if frames and not self._by_receipt:
            self.ages.note(stored.time_ns, stamp)
        return frames

    def finish(self) -> list[RecordedFrame]:
        """Return what is still inside a video decoder."""
        if self._video is None:
            return []
        try:
            frames = [RecordedFrame(*image, received_ns=self._last_ns) for image in self._video.finish()]
        except ImageError as error:
            self._note(str(error))
            return []
        self.good += len(frames)
        return frames

    def trouble(self) -> str:
        """Return a sentence about the images that were left out; empty when all were used.

        Raises:
            DataError: none could be used.
        """
        if self.bad and not self.good and not self._patient:
            self._give_up()
        if not self.bad:
            return ""
        return f"{self._name}: left out {self.bad} of {self.good + self.bad} images; the first: {self.reason}"

    def _frames(self, message: Any, stored: StoredMessage, stamp: int) -> list[RecordedFrame]:
        self._last_ns = stored.time_ns
        if stored.message_type == VIDEO:
            if self._video is None:
                self._video = VideoDecoder(grey=self.sensor == "thermal")
            return [RecordedFrame(*image, stored.time_ns) for image in self._video.decode(message, stamp)]
        image: NDArray[np.generic] = (
            thermal_from_message(message) if self.sensor == "thermal" else rgb_from_message(message)
        )
        return [RecordedFrame(image, stamp, message.header.frame_id, stored.time_ns)]

    def _note(self, reason: str) -> None:
        self.reason = self.reason or reason
        self.bad += 1
        if not self.good and self.bad >= _HOPELESS and not self._patient:
            self._give_up()

    def _give_up(self) -> None:
        raise DataError(f"{self._name}: none of {self.bad} images can be used; the first: {self.reason}")
