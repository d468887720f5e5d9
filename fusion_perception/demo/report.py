# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The report of a run: one HTML file with everything inside."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from fusion_perception.demo.recording import FUSED
from fusion_perception.demo.recording_document import RecordingDocument
from fusion_perception.demo.summary import INPUTS, table, verdict
from fusion_perception.demo.summary_document import Summary
from fusion_perception.lab.pages.page import data_uri, render_page
from fusion_perception.lab.pages.plot import TEAL, point_chart
from fusion_perception.lab.pages.timeline import Curve, event_chart, time_chart

_TEMPLATE = Path(__file__).with_name("report.html.j2")
_JPEG_QUALITY = 88
_PLOT_WIDTH = 420


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
        charts=_charts(summary, recording),
        video=_video(path.parent / "fused.mp4"),
        rate=summary.run.rate,
        times=_film_times(recording),
        sheet=_sheet(path.parent / "contact.png"),
    )
    path.write_text(page, encoding="utf-8")


def _film_times(recording: RecordingDocument) -> list[float]:
    """Return the seconds of each frame of the film on the charts; empty in recordings of earlier releases."""
    first, _ = _span([stamp for name in (*INPUTS, FUSED) for stamp in _stamps(recording, name)])
    return [round((stamp - first) / 1e9, 3) for stamp in recording.frames_ns]


def _video(path: Path) -> str:
    return data_uri(path.read_bytes(), "video/mp4") if path.is_file() else ""


def _sheet(path: Path) -> str:
    # As bytes: a name that is no UTF-8 ends the process in OpenCV.
    image = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR) if path.is_file() else None
    if image is None:
        return ""
    coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1]
    return data_uri(bytes(coded), "image/jpeg")


def _charts(summary: Summary, recording: RecordingDocument) -> list[str]:
    """Return what failed when, the latency of each result, and the offset of the cameras, as far as there is any."""
    thermal, rgb = (_stamps(recording, name) for name in INPUTS)
    results = _stamps(recording, FUSED)
    first, last = _span([*thermal, *rgb, *results])
    reference = rgb or thermal
    if not reference:
        return []
    done = set(results)
    lost = [((stamp - first) / 1e9, "no result was recorded") for stamp in reference if stamp not in done]
    charts = [event_chart("What failed when", {"no result": lost}, last=last)] if results else []
    charts += filter(None, [_latency(summary, recording, first)])
    if thermal and rgb:
        offsets = [
            ((stamp - first) / 1e9, offset) for stamp, offset in zip(rgb, _offsets_ms(rgb, thermal), strict=True)
        ]
        lowest = min(0.0, *(value for _, value in offsets))
        curve = Curve("offset", TEAL, offsets)
        charts.append(time_chart("Nearest thermal stamp minus RGB stamp", [curve], last=last, up="ms", lowest=lowest))
    return charts


def _stamps(recording: RecordingDocument, topic: str) -> tuple[int, ...]:
    return recording.topics[topic].stamps_ns if topic in recording.topics else ()


def _span(stamps: Sequence[int]) -> tuple[int, float]:
    """Return the first stamp, and the seconds from it to the last one."""
    return (min(stamps), (max(stamps) - min(stamps)) / 1e9) if stamps else (0, 0.0)


def _offsets_ms(rgb: Sequence[int], thermal: Sequence[int]) -> list[float]:
    """Return for each RGB stamp how much later the nearest thermal stamp is."""
    ordered, wanted = np.sort(np.asarray(thermal, np.int64)), np.asarray(rgb, np.int64)
    after = np.clip(np.searchsorted(ordered, wanted), 0, len(ordered) - 1)
    before = np.maximum(after - 1, 0)
    nearer = np.abs(ordered[before] - wanted) < np.abs(ordered[after] - wanted)
    return [float(value) / 1e6 for value in np.where(nearer, ordered[before], ordered[after]) - wanted]


def _latency(summary: Summary, recording: RecordingDocument, first: int) -> str:
    topic, latency = recording.topics.get(FUSED), summary.latency_ms
    if topic is None or latency is None or not topic.stamps_ns:
        return ""
    times = [(stamp - first) / 1e9 for stamp in topic.stamps_ns]
    marks = {"p50": latency.p50, "p95": latency.p95}
    if summary.engine_ms.p50 is not None:
        marks["engine"] = summary.engine_ms.p50
    return point_chart(
        "Latency of each result over time",
        list(zip(times, topic.latencies_ms, strict=True)),
        {f"{name} {value:.0f} ms": value for name, value in marks.items()},
        across="seconds",
        up="latency / ms",
        width=_PLOT_WIDTH,
        over_time=True,
    )
