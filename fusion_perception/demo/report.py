# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The report of a run: one HTML file with everything inside."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from fusion_perception.demo.plot import latency_plot
from fusion_perception.demo.recording import FUSED
from fusion_perception.demo.recording_document import RecordingDocument
from fusion_perception.demo.summary import table, verdict
from fusion_perception.demo.summary_document import Summary, TopicFigures
from fusion_perception.text import to_html

_JPEG_QUALITY = 88

_STYLE = """
:root { --ink: #5b6470; --text: #1c2127; --paper: #fff; --panel: #f5f6f8; --grid: #e1e4e8; --dot: #2b62c9;
        --mark: #b2261e; --good: #1a7f37; --warn: #9a6700; color-scheme: light dark; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #9aa4b0; --text: #e8ebef; --paper: #14171b; --panel: #1d2126; --grid: #30363d; --dot: #7da7ff;
          --mark: #ff8a80; --good: #56d364; --warn: #d9a02b; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 28px 20px 60px; }
h1 { font-size: 24px; margin: 0; } h2 { font-size: 17px; margin: 34px 0 10px; }
p { margin: 6px 0; } .note { color: var(--ink); font-size: 13.5px; max-width: 78ch; }
.verdict { font-weight: 600; } .good { color: var(--good); } .note.verdict { color: var(--warn); font-size: 15px; }
.failed { color: var(--mark); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 10px; margin: 20px 0 4px; }
.card { background: var(--panel); border-radius: 8px; padding: 12px 14px; }
.card b { display: block; font-size: 24px; line-height: 1.25; font-weight: 650; }
.card span { color: var(--ink); font-size: 13px; }
img, video, svg { display: block; width: 100%; height: auto; border-radius: 6px; }
.sheet { background: #fff; padding: 6px; border-radius: 8px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: left; padding: 5px 14px 5px 0; border-bottom: 1px solid var(--grid); white-space: nowrap; }
th { color: var(--ink); font-weight: 600; } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
code { font: 13px ui-monospace, monospace; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(360px, 1fr)); gap: 0 40px; }
.columns td { white-space: normal; }
"""


def write_report(path: Path, summary: Summary, recording: RecordingDocument) -> None:
    """Write the report; pictures and video are taken from the report's folder, where they exist.

    Args:
        path: the HTML file.
        summary: the document ``summary.json``.
        recording: what the recorder wrote, with the stamps of every message.
    """
    state, sentence = verdict(summary)
    body = [
        "<h1>fusion_perception: demonstration</h1>",
        f'<p class="verdict {state}">{to_html(sentence[0].upper() + sentence[1:])}.</p>',
        _cards(summary),
        _video(path.parent / "fused.mp4"),
        _sheet(path.parent / "contact.png"),
        "<h2>Latency of each result</h2>",
        '<p class="note">From the stamp of the RGB camera image to '
        f"{to_html(summary.latency_clock)}. This includes pairing, conversion, the engine and the transport of "
        "the camera images between the processes.</p>",
        _plot(summary, recording),
        "<h2>Topics</h2>",
        _topics(summary.topics),
        f'<p class="note">The bag <code>output.mcap</code> holds {summary.bag_results} of '
        f"{summary.results_recorded} recorded results, spread over the run, so that the file stays small. "
        "Play it with <code>ros2 bag play output.mcap</code>, or read it with rosbags.</p>",
        '<div class="columns"><div><h2>Run</h2>',
        _rows(table(summary)),
        "</div><div><h2>Versions</h2>",
        _rows([*summary.versions.items(), ("machine", summary.machine)]),
        "</div></div>",
    ]
    if summary.run.warnings:
        body.append("<h2>What the processes complained of</h2>")
        body.extend(f'<p class="note"><code>{to_html(line)}</code></p>' for line in summary.run.warnings)
    page = (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>fusion_perception: demonstration</title><style>{_STYLE}</style></head>\n"
        f"<body><main>\n{chr(10).join(body)}\n</main></body></html>\n"
    )
    path.write_text(page, encoding="utf-8")


def _cards(summary: Summary) -> str:
    latency, engine = summary.latency_ms, summary.engine_ms
    cards = [
        (summary.pairs_published, "pairs published"),
        (summary.pairs_matched, "pairs matched"),
        (summary.results_published, "results published"),
        (summary.dropped, "dropped (overtaken)"),
        (_figure(latency.p50 if latency else None), "ms median latency"),
        (_figure(latency.p95 if latency else None), "ms latency, 95 %"),
        (_figure(engine.p50), "ms median in the engine"),
    ]
    return (
        '<div class="cards">'
        + "".join(f'<div class="card"><b>{value}</b><span>{to_html(name)}</span></div>' for value, name in cards)
        + "</div>"
    )


def _video(path: Path) -> str:
    if not path.is_file():
        return ""
    return (
        "<h2>What came in, what came out</h2>"
        '<p class="note">Left: the two cameras. Right: the fused picture, the classes over it, the class mask, and '
        "the attribution: which camera drove the decision at each pixel.</p>"
        f'<video controls loop muted autoplay playsinline src="data:video/mp4;base64,{_base64(path.read_bytes())}">'
        "</video>"
    )


def _sheet(path: Path) -> str:
    # As bytes: a name that is no UTF-8 ends the process in OpenCV.
    image = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR) if path.is_file() else None
    if image is None:
        return ""
    coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1]
    return (
        "<h2>Moments of the run</h2>"
        f'<div class="sheet"><img alt="thermal, RGB, fused, overlay and attribution at a few moments of the run" '
        f'src="data:image/jpeg;base64,{_base64(bytes(coded))}"></div>'
    )


def _plot(summary: Summary, recording: RecordingDocument) -> str:
    topic, latency = recording.topics.get(FUSED), summary.latency_ms
    if topic is None or latency is None or not topic.stamps_ns:
        return latency_plot([], [], {})
    first = min(topic.stamps_ns)
    times = [(stamp - first) / 1e9 for stamp in topic.stamps_ns]
    marks = {"p50": latency.p50, "p95": latency.p95}
    if summary.engine_ms.p50 is not None:
        marks["engine"] = summary.engine_ms.p50
    return latency_plot(times, topic.latencies_ms, marks)


def _topics(topics: Mapping[str, TopicFigures]) -> str:
    head = "".join(
        f'<th class="{kind}">{name}</th>'
        for name, kind in (
            ("topic", ""),
            ("type", ""),
            ("encoding", ""),
            ("messages", "n"),
            ("rate / Hz", "n"),
            ("size / kB", "n"),
            ("latency p50 / ms", "n"),
            ("p95 / ms", "n"),
        )
    )
    lines = []
    for name, topic in topics.items():
        latency = topic.latency_ms
        figures = (
            topic.messages,
            _figure(topic.rate_hz, 1),
            _figure(topic.mean_bytes / 1e3),
            _figure(latency.p50 if latency else None, 1),
            _figure(latency.p95 if latency else None, 1),
        )
        lines.append(
            f"<tr><td><code>{to_html(name)}</code></td><td><code>{to_html(topic.type)}</code></td>"
            f"<td>{to_html(topic.encoding)}</td>"
            + "".join(f'<td class="n">{figure}</td>' for figure in figures)
            + "</tr>"
        )
    return f'<div class="scroll"><table><tr>{head}</tr>{"".join(lines)}</table></div>'


def _rows(rows: Iterable[tuple[str, Any]]) -> str:
    lines = "".join(f"<tr><th>{to_html(name)}</th><td>{to_html(value)}</td></tr>" for name, value in rows)
    return f"<table>{lines}</table>"


def _figure(value: float | None, digits: int = 0) -> str:
    return "&ndash;" if value is None else f"{value:.{digits}f}"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
