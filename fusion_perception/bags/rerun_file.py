# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A recording for Rerun's viewer: images, classes and figures over the stamps of the images.

The library (package rerun-sdk, import name ``rerun``) is optional. It writes to the file alone: no viewer is started,
nothing is sent. What counts usage is the viewer, another program: ``rerun analytics disable`` turns that off.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any
from uuid import uuid4

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion_perception.errors import BackendError, require
from fusion_perception.health import MapShares, RunEvent
from fusion_perception.labels import LabelSet
from fusion_perception.resize import resize
from fusion_perception.text import printable

RERUN_FILE = "recording.rrd"

THERMAL, RGB, FUSED, MASK, ATTRIBUTION = (
    "camera/thermal",
    "camera/rgb",
    "result/fused",
    "result/mask",
    "result/attribution",
)
"""Where images are found in a recording."""

TIMES, OFFSET, EVENTS = "figures/ms", "figures/offset_ms", "events"
CLASS_SHARES, CLASS_THERMAL, REVERSED = "figures/class_share", "figures/thermal_share", "figures/reversed_without"
"""Where figures are found in a recording."""

STAMP = "stamp"
"""Name of its timeline."""

_PURPOSE = "the recording for Rerun (--rerun)"
_LARGEST = 1280 * 1024  # pixels of an image; larger ones are made smaller
_JPEG_QUALITY = 85
_SENSORS = ("thermal", "rgb")


def check_rerun() -> None:
    """Fail before the work, not after it, where no recording can be written.

    Raises:
        BackendError: the package is not installed, is another one of that name, or is turned off.
    """
    library = require("rerun", _PURPOSE)
    if not hasattr(library, "RecordingStream") or not hasattr(library, "Scalars"):
        raise BackendError(
            f"{_PURPOSE} needs the package 'rerun-sdk' in version 0.23 or later, but 'rerun' is another package or an "
            "older version; install it with: pip install 'fusion_perception[rerun]'"
        )


class RerunFile:
    """Writes a recording; images are stored as JPEG, masks as they are.

    Args:
        path: the file; an older one is overwritten.
        labels: names and colours of the classes.
        name: of the recording.
        times: names of the times of each pair, in the order in which ``add_times`` gets them.

    Raises:
        BackendError: see ``check_rerun``.
    """

    def __init__(self, path: Path, labels: LabelSet, name: str, times: tuple[str, ...]) -> None:
        check_rerun()
        self._rerun = require("rerun", _PURPOSE)
        # An identity of its own: all recordings of one process share one by default, and viewers merge them.
        stream = self._stream = self._rerun.RecordingStream("fusion_perception", recording_id=str(uuid4()))
        stream.save(str(path), default_blueprint=_layout(require("rerun.blueprint", _PURPOSE)))
        for turn_off in ("set_log_time_enabled", "set_log_tick_enabled"):  # of newer releases: stamps are the only time
            if hasattr(stream, turn_off):
                getattr(stream, turn_off)(False)
        stream.send_recording_name(printable(name))
        names = [printable(label) for label in labels.names]
        classes = [(k, name, colour) for k, (name, colour) in enumerate(zip(names, labels.palette, strict=True))]
        self._write(MASK, self._rerun.AnnotationContext(classes))
        for entity, series in (
            (TIMES, list(times)),
            (OFFSET, ["thermal minus RGB"]),
            (CLASS_SHARES, names[1:]),
            (CLASS_THERMAL, names[1:]),
            (REVERSED, [f"without {sensor}" for sensor in _SENSORS]),
        ):
            if series:
                self._write(entity, self._rerun.SeriesLines(names=series))

    def __enter__(self) -> RerunFile:
        """Return it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Complete the file."""
        self.close()

    def add_image(self, entity: str, stamp_ns: int, image: NDArray[np.uint8]) -> None:
        """Add an image.

        Args:
            entity: where it belongs, ``FUSED`` for example.
            stamp_ns: its time.
            image: (H, W) or (H, W, 3) RGB.
        """
        image = _bounded(image)
        coded = cv2.imencode(".jpg", image[..., ::-1] if image.ndim == 3 else image, _QUALITY)[1].tobytes()
        self._write(entity, self._rerun.EncodedImage(contents=coded, media_type="image/jpeg"), stamp_ns)

    def add_mask(self, stamp_ns: int, mask: NDArray[np.uint8]) -> None:
        """Add a mask of class ids, (H, W)."""
        self._write(MASK, self._rerun.SegmentationImage(np.ascontiguousarray(_bounded(mask, nearest=True))), stamp_ns)

    def add_times(self, stamp_ns: int, times_ms: tuple[float, ...]) -> None:
        """Add the times of a pair."""
        self._write(TIMES, self._rerun.Scalars(list(times_ms)), stamp_ns)

    def add_offset(self, stamp_ns: int, offset_ms: float) -> None:
        """Add the offset of the cameras, thermal minus RGB."""
        self._write(OFFSET, self._rerun.Scalars([offset_ms]), stamp_ns)

    def add_shares(self, stamp_ns: int, shares: MapShares) -> None:
        """Add the shares of a result, without those of the background; what is not known is NaN."""
        rows: Mapping[str, list[float]] = {
            CLASS_SHARES: list(shares.class_shares[1:]),
            CLASS_THERMAL: [math.nan if value is None else value for value in shares.class_thermal[1:]],
            REVERSED: [shares.reversed_without.get(s, math.nan) for s in _SENSORS] if shares.reversed_without else [],
        }
        for entity, values in rows.items():
            if values:
                self._write(entity, self._rerun.Scalars(values), stamp_ns)

    def add_event(self, event: RunEvent) -> None:
        """Add what went wrong, as a line of a log."""
        text = self._rerun.TextLog(printable(f"{event.kind}: {event.text}", 0), level="WARN")
        self._write(EVENTS, text, event.stamp_ns)

    def close(self) -> None:
        """Complete the file."""
        self._stream.flush()
        self._stream.disconnect()

    def _write(self, entity: str, content: Any, stamp_ns: int | None = None) -> None:
        if stamp_ns is None:
            self._stream.log(entity, content, static=True)
        else:
            self._stream.set_time(STAMP, timestamp=np.datetime64(stamp_ns, "ns"))
            self._stream.log(entity, content)


_QUALITY = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]


def _bounded(image: NDArray[np.uint8], *, nearest: bool = False) -> NDArray[np.uint8]:
    height, width = image.shape[:2]
    share = math.sqrt(_LARGEST / (height * width))
    return image if share >= 1 else resize(image, (round(height * share), round(width * share)), nearest=nearest)


def _layout(blueprint: Any) -> Any:
    """Return what the viewer shows first: the images above, the figures below, over the stamps."""
    images = [
        blueprint.Spatial2DView(origin=THERMAL, name="thermal"),
        blueprint.Spatial2DView(origin=RGB, name="RGB"),
        blueprint.Spatial2DView(origin="result", contents=[FUSED, MASK], name="fused, and classes"),
        blueprint.Spatial2DView(origin=ATTRIBUTION, name="attribution: blue RGB, red thermal"),
    ]
    figures = [
        blueprint.TimeSeriesView(origin=entity, name=name)
        for entity, name in (
            (TIMES, "ms of each pair"),
            (CLASS_SHARES, "share of each class"),
            (CLASS_THERMAL, "thermal share of each class"),
            (REVERSED, "decisions that would be others without a sensor"),
        )
    ]
    return blueprint.Blueprint(
        blueprint.Vertical(blueprint.Horizontal(*images), blueprint.Horizontal(*figures), row_shares=[3, 2]),
        blueprint.TimePanel(timeline=STAMP),
    )
