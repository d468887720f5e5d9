# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Run replay, node and recorder as processes of their own, and make the report."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fusion_perception.demo.environment import child_environment, choose_domain, middleware
from fusion_perception.demo.processes import Child, Processes
from fusion_perception.demo.progress import Progress
from fusion_perception.demo.report import write_report
from fusion_perception.demo.summary import summarise
from fusion_perception.demo.video import write_video
from fusion_perception.engine.model_file import open_model_file
from fusion_perception.errors import DataError, FusionPerceptionError, require
from fusion_perception.model_store import find_model

SYNTHETIC = "synthetic"
MOST_PAIRS = 300
"""A longer source is cut to this many pairs: half a minute at the default rate."""

_OUTPUTS = ("summary.json", "contact.png", "fused.mp4", "output.mcap", "report.html", "recording.json")
_START_S = 75.0  # longest wait for the first pair
_STALL_S = 15.0  # longest time without news while it plays
_DRAIN_S = 3.0  # longest wait for the last results
_POLL_S = 0.1


class DemoError(FusionPerceptionError):
    """The demonstration failed."""


@dataclass(frozen=True)
class DemoSettings:
    """What to demonstrate.

    Attributes:
        source: ``"synthetic"``, a folder in MSRS layout, or a rosbag2 bag.
        out: folder for the results.
        rate: pairs a second.
        pairs: pairs to play; 0 plays the source, ``MOST_PAIRS`` at most.
        model: name or path of the model.
        backend: what runs the model.
        attribution_rate: most attributions a second; 0 sets no limit.
        domain: ROS domain; None chooses one that is hardly ever in use.
    """

    source: str = SYNTHETIC
    out: Path = Path("out/demo")
    rate: float = 10.0
    pairs: int = 0
    model: str = "realtime"
    backend: str = "auto"
    attribution_rate: float = 2.0
    domain: int | None = None


def run_demo(settings: DemoSettings, progress: Progress | None = None) -> dict[str, Any]:
    """Run the demonstration.

    Args:
        settings: what to demonstrate.
        progress: where to show how far it is.

    Returns:
        The summary, as it is written to ``summary.json``; ``warnings`` holds what the processes complained of.

    Raises:
        FusionPerceptionError: a package, the model or the source is missing, or a process failed.
    """
    progress = progress or Progress()
    started = time.monotonic()
    model = find_model(settings.model)
    open_model_file(model)
    expected = count_pairs(settings)
    for module, purpose in (("rclpy", "the demonstration"), ("rosbags", "the recorder"), ("av", "the video")):
        require(module, purpose)
    out = settings.out
    _clear(out)
    domain = choose_domain(os.getpid()) if settings.domain is None else settings.domain
    environment = child_environment(domain, out / "log")
    news = _News()
    progress.stage("start")
    with Processes() as processes:
        commands = _commands(settings, model, expected)
        recorder = processes.start("recorder", commands["recorder"], environment, out / "log/recorder.log", news.take)
        fusion = processes.start("fusion", commands["fusion"], environment, out / "log/fusion.log")
        replay = processes.start("replay", commands["replay"], environment, out / "log/replay.log")
        children = (replay, fusion, recorder)
        _wait_for_start(children, news, progress, domain)
        _wait_for_end(children, news, progress, expected)
        for child in (recorder, fusion):
            child.interrupt()
        for child in (recorder, fusion):
            if child.stop():
                raise DemoError(f"{child.name} failed at its end: {child.why()} (see {child.log})")
    progress.stage("write")
    recording = json.loads((out / "recording.json").read_text(encoding="utf-8"))
    frames = [path.read_bytes() for path in sorted((out / "frames").glob("*.jpg"))]
    if frames:
        write_video(
            frames,
            out / "fused.mp4",
            settings.rate,
            lambda number: progress.show(f"fused.mp4: frame {number} of {len(frames)}", number / len(frames)),
        )
    shutil.rmtree(out / "frames", ignore_errors=True)
    run = {
        "source": settings.source,
        "rate": settings.rate,
        "pairs_planned": expected,
        "duration_s": round(time.monotonic() - started, 1),
        "middleware": middleware(environment),
        "ros_domain": domain,
        "processes": {child.name: child.pid for child in children},
        "warnings": [f"{child.name}: {line}" for child in children for line in child.noteworthy()],
    }
    summary = summarise(recording, run)
    (out / "summary.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    write_report(out / "report.html", summary, recording)
    progress.show(f"{out}/: " + ", ".join(name for name in _OUTPUTS if (out / name).exists()))
    progress.end()
    return summary


def count_pairs(settings: DemoSettings) -> int:
    """Return how many pairs will be played.

    Raises:
        DataError: the source is missing or unusable.
    """
    limit = min(settings.pairs or MOST_PAIRS, 100_000)
    source = Path(settings.source).expanduser()
    if settings.source != SYNTHETIC and not source.exists():
        raise DataError(
            f"there is no '{settings.source}' (looked from {Path.cwd()}); give a folder with vi/ and ir/, a rosbag2 "
            "bag, or nothing for synthetic scenes"
        )
    if source.suffix in (".mcap", ".db3") or (source / "metadata.yaml").is_file():
        return limit
    from fusion_perception.data.sequence import open_sequence

    return min(limit, len(open_sequence(settings.source)))


class _News:
    """The latest counts that the recorder has printed."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.time_s = time.monotonic()

    def take(self, line: str) -> None:
        """Read one line; runs in the thread that reads the recorder's output."""
        try:
            counts = json.loads(line)
        except json.JSONDecodeError:
            return
        if isinstance(counts, dict):
            if counts != self.counts:
                self.time_s = time.monotonic()
            self.counts = counts

    @property
    def pairs(self) -> int:
        return self.counts.get("pairs", 0)

    @property
    def results(self) -> int:
        return self.counts.get("results", 0)

    @property
    def dropped(self) -> int:
        return self.counts.get("dropped", 0)


def _commands(settings: DemoSettings, model: Path, expected: int) -> dict[str, list[str]]:
    return {
        "recorder": _node(
            "recorder_node",
            {
                "out": str(settings.out),
                "model": str(model.resolve()),
                "expected": expected,
                "rate": float(settings.rate),
            },
        ),
        "fusion": _node(
            "fusion_node",
            {
                "model": str(model.resolve()),
                "backend": settings.backend,
                "attribution.max_rate": float(settings.attribution_rate),
                "diagnostics.period_s": 0.5,
            },
        ),
        # Everything is decoded before the first frame is sent: rendering must not compete with the node.
        "replay": _node(
            "replay_node",
            {
                "source": settings.source,
                "rate": float(settings.rate),
                "frames": expected,
                "look_ahead": min(expected, 10_000),
                "thermal_offset_ms": 4.0,
                "jitter_ms": 1.0,
                "wait_for_subscribers": 2,
                "wait_timeout_s": _START_S,
            },
        ),
    }


def _node(module: str, parameters: Mapping[str, Any]) -> list[str]:
    """Return the command line of a node; JSON is YAML, so any path survives."""
    command = [sys.executable, "-m", f"fusion_perception.ros.{module}", "--ros-args"]
    for name, value in parameters.items():
        command += ["-p", f"{name}:={json.dumps(value)}"]
    return command


def _wait_for_start(children: tuple[Child, ...], news: _News, progress: Progress, domain: int) -> None:
    replay = children[0]
    deadline = time.monotonic() + _START_S
    while not news.pairs:
        _check(children)
        if replay.returncode() == 0:
            return  # a source of a single moment
        if time.monotonic() > deadline:
            raise DemoError(f"no image pair came within {_START_S:.0f} s: replay says: {replay.why()} ({replay.log})")
        state = replay.lines[-1].rpartition("]: ")[2] if replay.lines else "starting replay, fusion and recorder"
        progress.show(f"{state} (ROS domain {domain}, this machine only)")
        time.sleep(_POLL_S)


def _wait_for_end(children: tuple[Child, ...], news: _News, progress: Progress, expected: int) -> None:
    """Follow the counts until the replay has ended and the last results are there."""
    replay = children[0]
    progress.stage("run")
    ended_s: float | None = None
    while True:
        _check(children)
        progress.show(
            f"{news.pairs} of {expected} pairs, {news.results} results, {news.dropped} dropped", news.pairs / expected
        )
        now = time.monotonic()
        if replay.returncode() is not None:
            ended_s = now if ended_s is None else ended_s
            complete = news.results + news.dropped >= news.pairs and now - news.time_s > 1.0
            if complete or now - ended_s > _DRAIN_S:
                return
        elif now - news.time_s > _STALL_S:
            raise DemoError(f"nothing has come for {_STALL_S:.0f} s: replay says: {replay.why()} ({replay.log})")
        time.sleep(_POLL_S)


def _check(children: tuple[Child, ...]) -> None:
    """Raise DemoError if a process has ended that should not have; the replay may, without an error."""
    for child in children:
        status = child.returncode()
        if status is not None and (status or child.name != "replay"):
            time.sleep(2 * _POLL_S)  # its last words are still on their way
            raise DemoError(f"{child.name} has ended (exit status {status}): {child.why()} (see {child.log})")


def _clear(out: Path) -> None:
    """Make the folder and remove what an earlier run left in it."""
    try:
        (out / "log").mkdir(parents=True, exist_ok=True)
        for name in _OUTPUTS:
            (out / name).unlink(missing_ok=True)
        shutil.rmtree(out / "frames", ignore_errors=True)
    except OSError as error:
        raise DemoError(f"the folder '{out}' cannot be written: {error}; give another one") from error
