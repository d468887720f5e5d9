# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The report of a run: one HTML file with everything inside."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from fusion_perception.demo.recording import FUSED
from fusion_perception.demo.recording_document import RecordingDocument
from fusion_perception.demo.summary import INPUTS, table, verdict
from fusion_perception.demo.summary_document import Summary
from fusion_perception.lab.pages.page import data_uri, render_page
from fusion_perception.lab.pages.player import film_player
from fusion_perception.lab.pages.plot import BLUE
from fusion_perception.lab.pages.run_charts import (
    Charts,
    lanes_of,
    legend_of,
    offset_chart,
    share_charts,
    trouble_chart,
)
from fusion_perception.lab.pages.timeline import Curve, time_chart

_TEMPLATE = Path(__file__).with_name("report.html.j2")
_JPEG_QUALITY = 88
_MOST_COMPLAINTS = 30  # rows of the table
_SLOWER = 1.25  # by this factor less images, and a camera is the slower one


def write_report(path: Path, summary: Summary, recording: RecordingDocument) -> None:
    """Write the report; pictures and film are taken from the report's folder, where they exist.

    Args:
        path: the HTML file.
        summary: the document ``summary.json``.
        recording: what the recorder wrote, with the stamps of every message.
    """
    state, sentence = verdict(summary)
    first, last = _span([stamp for name in (*INPUTS, FUSED) for stamp in _stamps(recording, name)])
    complaints = [event for event in recording.events if event.kind == "warning"]
    page = render_page(
        _TEMPLATE,
        state=state,
        sentence=sentence,
        summary=summary,
        table=table(summary),
        charts=_charts(summary, recording, first, last),
        shown=film_player(path.parent / "fused.mp4", summary.run.rate, _film_times(recording, first)),
        sheet=_sheet(path.parent / "contact.png"),
        complaints=[(f"{(e.stamp_ns - first) / 1e9:.1f} s", e.text) for e in complaints[:_MOST_COMPLAINTS]],
        more_complaints=max(0, len(complaints) - _MOST_COMPLAINTS),
        classes=legend_of(recording.classes, recording.palette, (found.shares for found in recording.shares)),
    )
    path.write_text(page, encoding="utf-8")


def _film_times(recording: RecordingDocument, first: int) -> list[float]:
    """Return the seconds of each frame of the film on the charts; empty in recordings of earlier releases."""
    return [(stamp - first) / 1e9 for stamp in recording.frames_ns]


def _sheet(path: Path) -> str:
    # As bytes: a name that is no UTF-8 ends the process in OpenCV.
    image = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR) if path.is_file() else None
    if image is None:
        return ""
    coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1]
    return data_uri(bytes(coded), "image/jpeg")


def _charts(summary: Summary, recording: RecordingDocument, first: int, last: float) -> Charts:
    """Return the charts for which there are figures, and sentences about the others."""
    thermal, rgb = (_stamps(recording, name) for name in INPUTS)
    lost = [(s - first) / 1e9 for s in _without_result(thermal, rgb, _stamps(recording, FUSED))]
    lanes = {
        "image without a result": [(time, "no result was recorded") for time in lost],
        **lanes_of(recording.events, first),
    }
    offsets: list[tuple[float, float]] = []
    if thermal and rgb:
        offsets = [((s - first) / 1e9, ms) for s, ms in zip(rgb, _offsets_ms(rgb, thermal), strict=True)]
    shares = [((found.stamp_ns - first) / 1e9, found.shares) for found in recording.shares]
    return (
        trouble_chart(lanes, last)
        + _latency(summary, recording, first, last)
        + offset_chart("Nearest thermal stamp minus RGB stamp", offsets, last)
        + share_charts(recording.classes, shares, last)
    )


def _without_result(thermal: Sequence[int], rgb: Sequence[int], results: Sequence[int]) -> list[int]:
    """Return the stamps of the slower camera for which there is no result.

    Results have the stamp of the RGB image. Where thermal is the slower camera, most RGB images belong to no pair, and
    it is asked whether there is a result near the thermal one.
    """
    if not thermal or not results or len(rgb) <= _SLOWER * len(thermal):
        done = set(results)
        return [stamp for stamp in rgb or thermal if stamp not in done]
    reach_ms = float(np.median(np.diff(thermal))) / 2e6 if len(thermal) > 1 else math.inf
    offsets = _offsets_ms(thermal, results)
    return [stamp for stamp, offset in zip(thermal, offsets, strict=True) if abs(offset) > reach_ms]


def _stamps(recording: RecordingDocument, topic: str) -> tuple[int, ...]:
    return recording.topics[topic].stamps_ns if topic in recording.topics else ()


def _span(stamps: Sequence[int]) -> tuple[int, float]:
    """Return the first stamp, and the seconds from it to the last one."""
    return (min(stamps), (max(stamps) - min(stamps)) / 1e9) if stamps else (0, 0.0)


def _offsets_ms(stamps: Sequence[int], others: Sequence[int]) -> list[float]:
    """Return for each stamp how much later the nearest of the others is."""
    ordered, wanted = np.sort(np.asarray(others, np.int64)), np.asarray(stamps, np.int64)
    after = np.clip(np.searchsorted(ordered, wanted), 0, len(ordered) - 1)
    before = np.maximum(after - 1, 0)
    nearer = np.abs(ordered[before] - wanted) < np.abs(ordered[after] - wanted)
    return [float(value) / 1e6 for value in np.where(nearer, ordered[before], ordered[after]) - wanted]


def _latency(summary: Summary, recording: RecordingDocument, first: int, last: float) -> Charts:
    topic, latency = recording.topics.get(FUSED), summary.latency_ms
    if topic is None or latency is None or not topic.stamps_ns:
        return Charts(sentences=("No result, no latency.",))
    times = [(stamp - first) / 1e9 for stamp in topic.stamps_ns]
    marks = {"p50": latency.p50, "p95": latency.p95}
    if summary.engine_ms.p50 is not None:
        marks["engine"] = summary.engine_ms.p50
    levels = {f"{name} {value:.0f} ms": value for name, value in marks.items()}
    curve = Curve("latency", BLUE, list(zip(times, topic.latencies_ms, strict=True)), dots=True)
    return Charts((time_chart("Latency of each result", [curve], last=last, up="ms", levels=levels),))
