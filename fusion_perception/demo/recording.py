# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What the recorder remembers of a run: stamps and times of everything, pictures of a few moments."""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion_perception import outputs
from fusion_perception.bags.rerun_file import RerunFile
from fusion_perception.demo.even_sample import EvenSample
from fusion_perception.demo.recording_document import RecordingDocument, StampedShares
from fusion_perception.demo.rerun_recording import add_result
from fusion_perception.demo.stamp_file import StampFile
from fusion_perception.demo.topic_record import TopicRecord
from fusion_perception.demo.video_frame import VideoFrame
from fusion_perception.health import EventLog, map_shares
from fusion_perception.labels import LabelSet
from fusion_perception.outputs import output
from fusion_perception.render import contact_sheet, thermal_grey
from fusion_perception.resize import resize
from fusion_perception.types import EngineOutputs

FUSED, OVERLAY, MASK_COLOUR = output("fused").topic, outputs.OVERLAY.topic, outputs.MASK_COLOR.topic
ATTRIBUTION_COLOUR = outputs.ATTRIBUTION_COLOR.topic

MASK, ATTRIBUTION, NEEDED = (output(name).topic for name in ("mask", "attribution", "needed"))
MAPS = (MASK, ATTRIBUTION, NEEDED)
"""Topics whose values are looked at."""

TROUBLE = {
    "dropped": "pair overtaken",
    "lost_thermal": "thermal lost on the way",
    "lost_rgb": "RGB lost on the way",
    "rejected_thermal": "thermal refused",
    "rejected_rgb": "RGB refused",
    "no_partner": "image without a partner",
    "failures": "pair that failed",
    "callback_failures": "fault in a callback",
}
"""What the node counts -> what that is called in the report."""

SHEET_TITLES = ("thermal", "RGB", "fused", "overlay", "attribution")

_NEEDED = (FUSED, OVERLAY, MASK_COLOUR)
_PENDING = 4  # results whose images may still be on their way
_INPUTS_KEPT = 32  # frames of each camera that wait for their result
_MOST_SHARES = 600  # results whose shares are kept
_NO_HEAT = 245  # grey that stands for an attribution that has not come
_LARGEST = 640 * 512  # pixels of a picture that is kept: what is shown is smaller, and cameras may have 12 megapixels


class Recording:
    """Takes messages in any order and keeps what the report needs: on disk, so that its memory does not grow.

    Args:
        labels: names and colours for the legend.
        duration_s: length of the run to come; the contact sheet is spread over it.
        folder: gets a JPEG file for every frame of the video, and the times of all messages meanwhile.
        sheet_rows: rows of the contact sheet.
        tolerance_ns: largest stamp difference between a result and the thermal image shown with it.
        rerun: gets the images of every result, too.
    """

    def __init__(
        self,
        labels: LabelSet,
        duration_s: float,
        folder: Path,
        sheet_rows: int = 4,
        tolerance_ns: int = 50_000_000,
        rerun: RerunFile | None = None,
    ) -> None:
        self.diagnostics: dict[str, str] = {}
        self.frames = 0
        self._rerun = rerun
        self._events = EventLog(TROUBLE)
        self._shares: EvenSample[StampedShares] = EvenSample(_MOST_SHARES)
        self._topics: dict[str, TopicRecord] = {}
        self._folder = folder
        self._labels = labels
        self._frame = VideoFrame()
        self._frame_stamps = StampFile(folder / "stamps-frames")
        self._duration_ns = max(1, round(duration_s * 1e9))
        self._sheet_rows = sheet_rows
        self._tolerance_ns = tolerance_ns
        self._inputs: dict[str, deque[tuple[int, NDArray[Any]]]] = {
            sensor: deque(maxlen=_INPUTS_KEPT) for sensor in ("thermal", "rgb")
        }
        self._pending: OrderedDict[int, dict[str, NDArray[Any]]] = OrderedDict()
        self._heat: NDArray[np.uint8] | None = None
        self._sheet: dict[int, tuple[list[NDArray[np.uint8]], int]] = {}
        self._settled: set[int] = set()
        self._first_ns: int | None = None

    def count(
        self, topic: str, message_type: str, stamp_ns: int, published_ns: int, size: int, encoding: str = ""
    ) -> None:
        """Note one message.

        Args:
            topic: its relative name.
            message_type: its type.
            stamp_ns: header stamp.
            published_ns: time of publication, or of reception where the middleware does not tell.
            size: serialized bytes.
            encoding: encoding of an image.
        """
        record = self._topics.get(topic)
        if record is None:
            stamps = StampFile(self._folder / f"stamps-{len(self._topics)}")
            record = self._topics[topic] = TopicRecord(message_type, stamps)
        record.add(stamp_ns, published_ns, size, encoding)

    def add_input(self, sensor: str, stamp_ns: int, image: NDArray[Any]) -> None:
        """Keep a camera image until its result has come."""
        if self._first_ns is None and sensor == "rgb":
            self._first_ns = stamp_ns
        self._inputs[sensor].append((stamp_ns, _bounded(image)))

    def add_result(self, topic: str, stamp_ns: int, image: NDArray[np.uint8]) -> None:
        """Keep a result image until the others of its stamp are there."""
        self._keep(stamp_ns, topic, _bounded(image))

    def add_map(self, topic: str, stamp_ns: int, values: NDArray[np.uint8]) -> None:
        """Keep the values of a map, one of ``MAPS``, until the others of its stamp are there."""
        self._keep(stamp_ns, topic, _bounded(values, nearest=True))

    def note_diagnostics(self, stamp_ns: int, complaint: str, values: Mapping[str, str]) -> None:
        """Keep the node's latest figures, and what is new in them.

        Args:
            stamp_ns: the time.
            complaint: the state of the node, if it is not good.
            values: its figures.
        """
        self.diagnostics = dict(values)
        self._events.warn(stamp_ns, complaint)
        self._events.count(stamp_ns, {name: int(values[name]) for name in TROUBLE if values.get(name, "").isdigit()})

    @property
    def results(self) -> int:
        """Number of fused images that came."""
        return self._messages(FUSED)

    def progress(self) -> dict[str, int]:
        """Return the counts that a progress bar shows."""
        counts = self._messages("thermal/image_raw"), self._messages("rgb/image_raw")
        inputs = min(counts) or max(counts)  # a source may have one camera
        return {"pairs": inputs, "results": self.results, "dropped": int(self.diagnostics.get("dropped", 0))}

    def finish(self) -> None:
        """Work off the results that are still waiting; call it once, at the end."""
        while self._pending:
            self._finish(*self._pending.popitem(last=False))

    def contact_sheet(self) -> NDArray[np.uint8] | None:
        """Return the contact sheet, or None if no complete result came."""
        if not self._sheet:
            return None
        slots = sorted(self._sheet)
        captions = [f"{self._sheet[slot][1] / 1e9:.1f} s" for slot in slots]
        return contact_sheet(
            [self._sheet[slot][0] for slot in slots], SHEET_TITLES, captions=captions, labels=self._labels
        )

    def document(self, bag_results: int = 0, *, tells_publication: bool = False) -> RecordingDocument:
        """Return the figures, without pictures; see :class:`RecordingDocument`."""
        return RecordingDocument(
            topics={name: record.document() for name, record in self._topics.items()},
            diagnostics=self.diagnostics,
            bag_results=bag_results,
            tells_publication=tells_publication,
            frames_ns=tuple(self._frame_stamps.columns()[0]),
            classes=self._labels.names,
            palette=self._labels.palette,
            shares=tuple(self._shares.items),
            events=self._events.events,
        )

    def close(self) -> None:
        """Remove the times of the messages from the folder; the frames stay."""
        self._frame_stamps.close()
        for record in self._topics.values():
            record.close()
        self._topics.clear()

    def _messages(self, topic: str) -> int:
        return self._topics[topic].messages if topic in self._topics else 0

    def _keep(self, stamp_ns: int, topic: str, image: NDArray[Any]) -> None:
        self._pending.setdefault(stamp_ns, {})[topic] = image
        # Already now: a slow engine's inputs would be forgotten until its result is complete.
        self._add_inputs(stamp_ns, self._pending[stamp_ns])
        while len(self._pending) > _PENDING:
            self._finish(*self._pending.popitem(last=False))

    def _finish(self, stamp_ns: int, images: dict[str, NDArray[Any]]) -> None:
        """Make a video frame, and perhaps a row of the contact sheet, of one result."""
        self._add_shares(stamp_ns, images)
        self._add_inputs(stamp_ns, images)  # again: results of a fast engine may be read before its inputs
        if self._rerun is not None:
            add_result(self._rerun, stamp_ns, images)
        for sensor, kept in self._inputs.items():
            if not kept and FUSED in images:  # a source with one camera: the other one is black
                shape = images[FUSED].shape[: 3 if sensor == "rgb" else 2]
                images[sensor] = np.zeros(shape, np.uint8)
        heat = images.get(ATTRIBUTION_COLOUR)
        if heat is not None:
            self._heat = heat
        if any(name not in images for name in (*self._inputs, *_NEEDED)):
            return
        grey, rgb = thermal_grey(images["thermal"]), images["rgb"].astype(np.uint8, copy=False)
        if heat is not None:
            self._add_row([grey, rgb, images[FUSED], images[OVERLAY], heat], stamp_ns)
        attribution = np.full_like(rgb, _NO_HEAT) if self._heat is None else self._heat
        frame = self._frame.jpeg([(grey, images[FUSED], images[OVERLAY]), (rgb, images[MASK_COLOUR], attribution)])
        # Not by a Path: it interns each name, and the table of all interned names grows by the names of the frames.
        with open(f"{self._folder}/{self.frames:06d}.jpg", "wb") as file:  # noqa: PTH123
            file.write(frame)
        self._frame_stamps.append(stamp_ns, stamp_ns)
        self.frames += 1

    def _add_shares(self, stamp_ns: int, images: dict[str, NDArray[Any]]) -> None:
        mask, attribution, needed = (images.get(topic) for topic in MAPS)
        if mask is None:
            return
        if attribution is None or attribution.shape != mask.shape:
            attribution = needed = None
        further = {} if needed is None or needed.shape != mask.shape else {"needed": needed}
        maps = EngineOutputs(mask, mask, mask, attribution, further)  # only these are looked at
        self._shares.add(StampedShares(stamp_ns, map_shares(maps, self._labels)))

    def _add_row(self, images: list[NDArray[np.uint8]], stamp_ns: int) -> None:
        """Offer a row for the contact sheet: the middle of a stretch shows it best, anything is better than nothing."""
        time_ns = max(0, stamp_ns - (self._first_ns or 0))
        position = self._sheet_rows * time_ns / self._duration_ns
        slot = min(self._sheet_rows - 1, int(position))
        if slot in self._settled:
            return
        self._sheet[slot] = (images, time_ns)
        if position >= slot + 0.5:
            self._settled.add(slot)

    def _add_inputs(self, stamp_ns: int, images: dict[str, NDArray[Any]]) -> None:
        """Put the camera images that belong to a result to it, where they are missing."""
        for sensor in self._inputs:
            if sensor not in images:
                found = self._nearest(sensor, stamp_ns)
                if found is not None:
                    images[sensor] = found

    def _nearest(self, sensor: str, stamp_ns: int) -> NDArray[Any] | None:
        candidates = [(abs(stamp - stamp_ns), index) for index, (stamp, _) in enumerate(self._inputs[sensor])]
        if not candidates:
            return None
        distance, index = min(candidates)
        return self._inputs[sensor][index][1] if distance <= self._tolerance_ns else None


def _bounded(image: NDArray[Any], *, nearest: bool = False) -> NDArray[Any]:
    """Return an image in at most ``_LARGEST`` pixels; smaller ones as they are."""
    height, width = image.shape[:2]
    share = math.sqrt(_LARGEST / (height * width))
    if share >= 1:
        return image
    return resize(image, (max(1, round(height * share)), max(1, round(width * share))), nearest=nearest)
