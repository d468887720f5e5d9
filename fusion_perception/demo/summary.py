# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The figures of a run, from what was recorded."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping, Sequence
from importlib import metadata
from typing import Any

import numpy as np

from fusion_perception import __version__
from fusion_perception.demo.recording import FUSED

INPUTS = ("thermal/image_raw", "rgb/image_raw")
GOOD_SHARE = 0.95
"""Share of the pairs whose results a healthy run publishes."""

_PACKAGES = ("numpy", "opencv-python-headless", "onnxruntime", "rosbags", "av")


def percentiles(values: Sequence[float]) -> dict[str, float] | None:
    """Return ``p50``, ``p95`` and ``max``, rounded to 0.01; None without values."""
    if len(values) == 0:
        return None
    median, high = np.percentile(np.asarray(values, np.float64), (50, 95))
    return {"p50": round(float(median), 2), "p95": round(float(high), 2), "max": round(float(max(values)), 2)}


def latencies_ms(topic: Mapping[str, Any]) -> list[float]:
    """Return publication minus camera stamp of every message of a topic, in milliseconds."""
    return [
        (published - stamp) / 1e6 for published, stamp in zip(topic["published_ns"], topic["stamps_ns"], strict=True)
    ]


def summarise(recording: Mapping[str, Any], run: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document ``summary.json``.

    Args:
        recording: what the recorder wrote: ``topics``, ``diagnostics``, ``bag_results``.
        run: what the demonstration knows itself: ``source``, ``rate``, ``duration_s``, ``middleware``, and
            ``replayed``, the images of each camera that the replay says it published.

    Counts are those of the process that did the thing: on a busy machine the recorder may miss messages.
    """
    topics, node = recording["topics"], recording["diagnostics"]
    fused = topics.get(FUSED)
    recorded = fused["messages"] if fused else 0
    pairs = max(
        min(topics.get(name, {}).get("messages", 0) for name in INPUTS), min(run.get("replayed", ()), default=0)
    )
    latency = percentiles(latencies_ms(fused)) if fused else None
    engine = {name: _number(node.get(f"engine_ms_{name}")) for name in ("p50", "p95")}
    return {
        "pairs_published": pairs,
        "pairs_received": min(int(node.get(f"received_{sensor}", pairs)) for sensor in ("thermal", "rgb")),
        "pairs_matched": int(node.get("pairs_matched", 0)),
        "results_published": max(recorded, int(node.get("results", 0))),
        "results_recorded": recorded,
        "dropped": int(node.get("dropped", 0)),
        "rejected": int(node.get("rejected_thermal", 0)) + int(node.get("rejected_rgb", 0)),
        "failures": int(node.get("failures", 0)),
        "latency_ms": latency,
        "engine_ms": engine,
        "stages_ms": {
            stage: {name: _number(node.get(f"{stage}_ms_{name}")) for name in ("p50", "p95")}
            for stage in ("preprocess", "engine", "postprocess", "publish")
        },
        "sync_offset_ms_mean": _number(node.get("sync_offset_ms_mean")),
        "backend": f"{node.get('backend', 'unknown')} {node.get('provider', '')}".strip(),
        "device": node.get("device", "unknown"),
        "precision": node.get("precision", "unknown"),
        "model": node.get("model", "unknown"),
        "input_size": node.get("input_size", "unknown"),
        "labels": node.get("labels", ""),
        "topics": {name: _topic(record) for name, record in sorted(topics.items())},
        "bag_results": recording.get("bag_results", 0),
        "latency_clock": (
            "publication, as the middleware stamps it"
            if recording.get("tells_publication")
            else "reception by the recorder: this ROS release does not tell the time of publication"
        ),
        **run,
        "machine": machine(),
        "versions": versions(),
    }


GOOD, NOTE, FAILED = "good", "note", "failed"
"""What a verdict may be."""


def verdict(summary: Mapping[str, Any]) -> tuple[str, str]:
    """Judge a run in one word and one sentence.

    Returns:
        ``GOOD``, ``NOTE`` or ``FAILED``, and what a user should know. A run that published results has
        not failed, even when some pairs were dropped.
    """
    pairs, matched, results = (summary[key] for key in ("pairs_published", "pairs_matched", "results_published"))
    if not pairs:
        return FAILED, "no image pair was published: see log/replay.log"
    if not results:
        return FAILED, f"{pairs} pairs were published but no result came back: see log/fusion.log"
    rate = summary["rate"]
    if summary["pairs_received"] < pairs:
        return NOTE, (
            f"{pairs - summary['pairs_received']} of {pairs} pairs did not reach the node, which takes camera images "
            f"best effort: this machine is too busy for {rate:g} pairs a second; try make demo RATE={rate / 2:g}"
        )
    if matched < pairs:
        return NOTE, f"{pairs - matched} of {pairs} pairs found no partner: see log/fusion.log"
    if results < GOOD_SHARE * pairs:
        return NOTE, (
            f"{pairs - results} of {pairs} pairs gave no result: this machine is busy, or too slow for {rate:g} pairs "
            f"a second, and the node then drops what is overtaken; try make demo RATE={rate / 2:g}"
        )
    return GOOD, f"every pair was matched, and {100 * results / pairs:.1f} % of the results were published"


def table(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the summary as rows of name and value, for the terminal and the report."""
    latency, engine = summary["latency_ms"], summary["engine_ms"]
    return [
        ("source", f"{summary['source']}, {summary['rate']:g} pairs/s"),
        ("pairs published", f"{summary['pairs_published']}"),
        ("pairs matched", f"{summary['pairs_matched']}"),
        ("results published", f"{summary['results_published']}"),
        ("dropped (overtaken)", f"{summary['dropped']}"),
        ("latency, stamp to publication", _ms(latency, ("p50", "p95", "max"))),
        ("engine", _ms(engine, ("p50", "p95"))),
        ("model", f"{summary['model']} ({summary['input_size']}, {summary['precision']})"),
        ("backend", f"{summary['backend']} on {summary['device']}"),
        ("middleware", f"{summary['middleware']}"),
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


def _topic(record: Mapping[str, Any]) -> dict[str, Any]:
    stamps = record["stamps_ns"]
    span_s = (max(stamps) - min(stamps)) / 1e9 if len(stamps) > 1 else 0.0
    return {
        "type": record["message_type"],
        "encoding": record["encoding"],
        "messages": record["messages"],
        "rate_hz": round((len(stamps) - 1) / span_s, 2) if span_s > 0 else None,
        "mean_bytes": round(record["total_bytes"] / max(1, record["messages"])),
        "latency_ms": percentiles(latencies_ms(record)),
    }


def _number(text: str | None) -> float | None:
    return None if text is None else float(text)


def _ms(values: Mapping[str, float | None] | None, names: Sequence[str]) -> str:
    if values is None or any(values.get(name) is None for name in names):
        return "not measured"
    return ", ".join(f"{name} {values[name]:.0f} ms" for name in names)
