# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A run of the demonstration as a recording for Rerun's viewer: pictures as they come, figures at its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion_perception import outputs
from fusion_perception.bags.rerun_file import ATTRIBUTION, FUSED, RGB, THERMAL, RerunFile
from fusion_perception.demo.recording_document import RecordingDocument
from fusion_perception.outputs import output
from fusion_perception.render import thermal_grey

TIMES = ("from stamp to publication",)

_FUSED, _MASK, _HEAT = output("fused").topic, output("mask").topic, outputs.ATTRIBUTION_COLOR.topic


def add_result(file: RerunFile, stamp_ns: int, images: Mapping[str, NDArray[Any]]) -> None:
    """Add the images of a result, as far as they are there.

    Args:
        file: the recording.
        stamp_ns: of the result.
        images: by topic; those of the cameras as ``"thermal"`` and ``"rgb"``.
    """
    if "thermal" in images:
        file.add_image(THERMAL, stamp_ns, thermal_grey(images["thermal"]))
    for name, entity in (("rgb", RGB), (_FUSED, FUSED), (_HEAT, ATTRIBUTION)):
        if name in images:
            file.add_image(entity, stamp_ns, np.asarray(images[name], np.uint8))
    if _MASK in images:
        file.add_mask(stamp_ns, images[_MASK])


def add_run(file: RerunFile, document: RecordingDocument) -> None:
    """Add the figures of a run.

    Args:
        file: the recording.
        document: everything else that was recorded.
    """
    fused = document.topics.get(_FUSED)
    if fused is not None:
        for stamp_ns, latency in zip(fused.stamps_ns, fused.latencies_ms, strict=True):
            file.add_times(stamp_ns, (latency,))
    for found in document.shares:
        file.add_shares(found.stamp_ns, found.shares)
    for event in document.events:
        file.add_event(event)
