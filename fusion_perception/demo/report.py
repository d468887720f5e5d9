# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The report of a run: one HTML file with everything inside."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from fusion_perception.demo.recording import FUSED
from fusion_perception.demo.recording_document import RecordingDocument
from fusion_perception.demo.summary import table, verdict
from fusion_perception.demo.summary_document import Summary
from fusion_perception.lab.pages.page import data_uri, render_page
from fusion_perception.lab.pages.plot import point_chart

_TEMPLATE = Path(__file__).with_name("report.html.j2")
_JPEG_QUALITY = 88
_PLOT_WIDTH = 760


def write_report(path: Path, summary: Summary, recording: RecordingDocument) -> None:
    """Write the report; pictures and video are taken from the report's folder, where they exist.

    Args:
        path: the HTML file.
        summary: the document ``summary.json``.
        recording: what the recorder wrote, with the stamps of every message.
    """
    state, sentence = verdict(summary)
    page = render_page(
        _TEMPLATE,
        state=state,
        sentence=sentence,
        summary=summary,
        table=table(summary),
        plot=_plot(summary, recording),
        video=_video(path.parent / "fused.mp4"),
        sheet=_sheet(path.parent / "contact.png"),
    )
    path.write_text(page, encoding="utf-8")


def _video(path: Path) -> str:
    return data_uri(path.read_bytes(), "video/mp4") if path.is_file() else ""


def _sheet(path: Path) -> str:
    # As bytes: a name that is no UTF-8 ends the process in OpenCV.
    image = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR) if path.is_file() else None
    if image is None:
        return ""
    coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1]
    return data_uri(bytes(coded), "image/jpeg")


def _plot(summary: Summary, recording: RecordingDocument) -> str:
    topic, latency = recording.topics.get(FUSED), summary.latency_ms
    if topic is None or latency is None or not topic.stamps_ns:
        return ""
    first = min(topic.stamps_ns)
    times = [(stamp - first) / 1e9 for stamp in topic.stamps_ns]
    marks = {"p50": latency.p50, "p95": latency.p95}
    if summary.engine_ms.p50 is not None:
        marks["engine"] = summary.engine_ms.p50
    return point_chart(
        "Latency of each result over time",
        list(zip(times, topic.latencies_ms, strict=True)),
        {f"{name} {value:.0f} ms": value for name, value in marks.items()},
        across="seconds since the first result",
        up="latency / ms",
        width=_PLOT_WIDTH,
    )
