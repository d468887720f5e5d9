# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A run that never took place."""

import numpy as np

from fusion_perception.demo.recording_document import RecordingDocument, TopicMessages
from fusion_perception.demo.summary_document import RunInfo

MILLISECOND = 10**6
RUN = RunInfo(
    source="synthetic",
    rate=10.0,
    pairs_planned=100,
    middleware="Fast DDS",
    ros_domain=7,
    processes={"fusion": 12},
)
IMAGE = "sensor_msgs/msg/Image"


def topic(stamps_ns, delays_ms, size=100, encoding="rgb8"):
    return TopicMessages(
        message_type=IMAGE,
        encoding=encoding,
        messages=len(stamps_ns),
        total_bytes=size * len(stamps_ns),
        stamps_ns=tuple(stamps_ns),
        published_ns=tuple(s + int(d * MILLISECOND) for s, d in zip(stamps_ns, delays_ms, strict=True)),
    )


def recording(pairs=100, results=100, matched=None):
    stamps = [10**18 + n * 100 * MILLISECOND for n in range(pairs)]
    return RecordingDocument(
        topics={
            "thermal/image_raw": topic(stamps, [1.0] * pairs, encoding="mono8"),
            "rgb/image_raw": topic(stamps, [1.0] * pairs),
            **({"fusion/image": topic(stamps[:results], np.arange(1, results + 1))} if results else {}),
        },
        diagnostics={
            "pairs_matched": str(pairs if matched is None else matched),
            "dropped": str(pairs - results),
            "engine_ms_p50": "40.10",
            "engine_ms_p95": "55.20",
            "backend": "onnxruntime",
            "provider": "CPUExecutionProvider",
            "model": "realtime",
        },
        bag_results=50,
        tells_publication=True,
    )
