# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The figures of a run, from what was recorded."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Sequence
from importlib import metadata

import numpy as np

from fusion_perception import __version__
from fusion_perception.demo.recording import FUSED
from fusion_perception.demo.recording_document import RecordingDocument, TopicMessages
from fusion_perception.demo.summary_document import Percentiles, RunInfo, StageTimes, Summary, TopicFigures

INPUTS = ("thermal/image_raw", "rgb/image_raw")
GOOD_SHARE = 0.95
"""Share of the pairs whose results a healthy run publishes."""

_PACKAGES = ("numpy", "opencv-python-headless", "onnxruntime", "rosbags", "av")


def percentiles(values: Sequence[float]) -> Percentiles | None:
    """Return median, 95 % and the largest, rounded to 0.01; None without values."""
    if len(values) == 0:
        return None
    median, high = np.percentile(np.asarray(values, np.float64), (50, 95))
    return Percentiles(round(float(median), 2), round(float(high), 2), round(float(max(values)), 2))


def summarise(recording: RecordingDocument, run: RunInfo) -> Summary:
    """Return the document ``summary.json``.

    Args:
        recording: what the recorder wrote.
        run: what the demonstration knows itself.

    Counts are those of the process that did the thing: on a busy machine the recorder may miss messages.
    """
    topics, node = recording.topics, recording.diagnostics
    of_cameras = max if is_one_camera(run) else min
    fused = topics.get(FUSED)
    recorded = fused.messages if fused else 0
    came = [topics[name].messages if name in topics else 0 for name in INPUTS]
    pairs = max(of_cameras(came), of_cameras(run.replayed, default=0))
    return Summary(
        pairs_published=pairs,
        pairs_received=of_cameras(int(node.get(f"received_{sensor}", pairs)) for sensor in ("thermal", "rgb")),
        pairs_matched=int(node.get("frames_alone" if is_one_camera(run) else "pairs_matched", 0)),
        results_published=max(recorded, int(node.get("results", 0))),
        results_recorded=recorded,
        dropped=int(node.get("dropped", 0)),
        rejected=int(node.get("rejected_thermal", 0)) + int(node.get("rejected_rgb", 0)),
        failures=int(node.get("failures", 0)),
        latency_ms=percentiles(fused.latencies_ms) if fused else None,
        engine_ms=_times(node, "engine"),
        stages_ms={stage: _times(node, stage) for stage in ("preprocess", "engine", "postprocess", "publish")},
        sync_offset_ms_mean=_number(node.get("sync_offset_ms_mean")),
        backend=f"{node.get('backend', 'unknown')} {node.get('provider', '')}".strip(),
        device=node.get("device", "unknown"),
        precision=node.get("precision", "unknown"),
        model=node.get("model", "unknown"),
        input_size=node.get("input_size", "unknown"),
        labels=node.get("labels", ""),
        topics={name: _topic(messages) for name, messages in sorted(topics.items())},
        bag_results=recording.bag_results,
        latency_clock=(
            "publication, as the middleware stamps it"
            if recording.tells_publication
            else "reception by the recorder: this ROS release does not tell the time of publication"
        ),
        run=run,
        machine=machine(),
        versions=versions(),
    )


def is_one_camera(run: RunInfo) -> bool:
    """Whether the source had the images of one camera alone."""
    return any(run.replayed) and not all(run.replayed)


GOOD, NOTE, FAILED = "good", "note", "failed"
"""What a verdict may be."""


def verdict(summary: Summary) -> tuple[str, str]:
    """Judge a run in one word and one sentence.

    Returns:
        ``GOOD``, ``NOTE`` or ``FAILED``, and what a user should know. A run that published results has
        not failed, even when some pairs were dropped.
    """
    pairs, matched, results = (summary.pairs_published, summary.pairs_matched, summary.results_published)
    if not pairs:
        return FAILED, "no image pair was published: see log/replay.log"
    if not results:
        return FAILED, f"{pairs} pairs were published but no result came back: see log/fusion.log"
    rate = summary.run.rate
    if summary.pairs_received < pairs:
        return NOTE, (
            f"{pairs - summary.pairs_received} of {pairs} pairs did not reach the node, which takes camera images "
            f"best effort: this machine is too busy for {rate:g} pairs a second; try make demo RATE={rate / 2:g}"
        )
    if is_one_camera(summary.run):
        return NOTE, (
            f"one camera: {results} results rest on its {pairs} images alone; the node waits a second for the other "
            "one before it goes on without it"
        )
    if matched < pairs:
        return NOTE, f"{pairs - matched} of {pairs} pairs found no partner: see log/fusion.log"
    if results < GOOD_SHARE * pairs:
        return NOTE, (
            f"{pairs - results} of {pairs} pairs gave no result: this machine is busy, or too slow for {rate:g} pairs "
            f"a second, and the node then drops what is overtaken; try make demo RATE={rate / 2:g}"
        )
    return GOOD, f"every pair was matched, and {100 * results / pairs:.1f} % of the results were published"


def table(summary: Summary) -> list[tuple[str, str]]:
    """Return the summary as rows of name and value, for the terminal and the report."""
    latency, engine = summary.latency_ms, summary.engine_ms
    return [
        ("source", f"{summary.run.source}, {summary.run.rate:g} pairs/s"),
        ("pairs published", f"{summary.pairs_published}"),
        ("pairs matched", f"{summary.pairs_matched}"),
        ("results published", f"{summary.results_published}"),
        ("dropped (overtaken)", f"{summary.dropped}"),
        (
            "latency, stamp to publication",
            _ms(p50=latency.p50, p95=latency.p95, max=latency.max) if latency else _ms(p50=None),
        ),
        ("engine", _ms(p50=engine.p50, p95=engine.p95)),
        ("model", f"{summary.model} ({summary.input_size}, {summary.precision})"),
        ("backend", f"{summary.backend} on {summary.device}"),
        ("middleware", f"{summary.run.middleware}"),
    ]


def versions() -> dict[str, str]:
    """Return the versions of everything that took part."""
    found = {"fusion_perception": __version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    for package in ("ros-rclpy", "ros-jazzy-rclpy", "rclpy"):
        try:
            found["rclpy"] = metadata.version(package)
            break
        except metadata.PackageNotFoundError:
            continue
    found["ros_distro"] = os.environ.get("ROS_DISTRO") or "jazzy (wheels)"
    return found


def machine() -> str:
    """Return the machine in words, without its name."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{platform.system()} {platform.machine()}, {cores} cores, {sys.implementation.name}"


def _topic(record: TopicMessages) -> TopicFigures:
    stamps = record.stamps_ns
    span_s = (max(stamps) - min(stamps)) / 1e9 if len(stamps) > 1 else 0.0
    return TopicFigures(
        type=record.message_type,
        encoding=record.encoding,
        messages=record.messages,
        rate_hz=round((len(stamps) - 1) / span_s, 2) if span_s > 0 else None,
        mean_bytes=round(record.total_bytes / max(1, record.messages)),
        latency_ms=percentiles(record.latencies_ms),
    )


def _times(node: dict[str, str], stage: str) -> StageTimes:
    return StageTimes(_number(node.get(f"{stage}_ms_p50")), _number(node.get(f"{stage}_ms_p95")))


def _number(text: str | None) -> float | None:
    return None if text is None else float(text)


def _ms(**values: float | None) -> str:
    known = [f"{name} {value:.0f} ms" for name, value in values.items() if value is not None]
    return ", ".join(known) if len(known) == len(values) else "not measured"
