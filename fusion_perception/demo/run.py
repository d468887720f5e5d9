# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Run replay, node and recorder as processes of their own, and make the report."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from fusion_perception.atomic_file import cannot_write, write_json
from fusion_perception.demo.environment import child_environment, choose_domain, middleware
from fusion_perception.demo.processes import Child, Processes
from fusion_perception.demo.progress import Progress
from fusion_perception.demo.report import write_report
from fusion_perception.demo.settings import DemoSettings, count_pairs
from fusion_perception.demo.summary import summarise
from fusion_perception.demo.video import write_video
from fusion_perception.demo.workspace import Workspace
from fusion_perception.engine.model_file import open_model_file
from fusion_perception.errors import FusionPerceptionError, require
from fusion_perception.model_store import find_model

_OUTPUTS = ("summary.json", "contact.png", "fused.mp4", "output.mcap", "report.html", "recording.json")
_MADE_LAST = ("summary.json", "report.html")
# Limits of silence, not of time: a slow source, disk or processor is no failure.
_PREPARE_S = 120.0  # without a further pair decoded or rendered
_START_S = 60.0  # for the first pair after that
_DECODED = re.compile(r"(\d+) pairs ready")  # what it logs meanwhile
_PLAYED = re.compile(r"published: (\d+) thermal and (\d+) RGB images")  # and at its end
_READY = "ready to play"  # what the replay node logs when it has decoded everything
_STALL_S, _STALL_PAIRS = 60.0, 5  # without news while it plays: so many seconds, or pairs
_DRAIN_S = 4.0  # without news of the last results after that
_POLL_S = 0.1


class DemoError(FusionPerceptionError):
    """The demonstration failed."""


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
    with Workspace(settings.out, _OUTPUTS) as workspace:
        try:
            return _run(settings, workspace, model, expected, started, progress)
        except DemoError as error:  # what a process could not write, it names by a folder that is gone now
            raise DemoError(str(error).replace(str(workspace.folder), str(workspace.target))) from error


def _run(
    settings: DemoSettings, workspace: Workspace, model: Path, expected: int, started_s: float, progress: Progress
) -> dict[str, Any]:
    domain = choose_domain(os.getpid()) if settings.domain is None else settings.domain
    progress.stage("start")
    run = _play(settings, workspace, model, expected, domain, progress)
    run["warnings"] += [
        f"an earlier run that was killed has left '{path}', which can be deleted" for path in workspace.left_by_others()
    ]
    progress.stage("write")
    try:
        summary = _write(settings, workspace.folder, run, started_s, progress)
    except OSError as error:
        raise cannot_write(settings.out, error) from error
    made = workspace.publish()
    progress.show(f"{settings.out}/: " + ", ".join(made))
    progress.end()
    return summary


def _play(
    settings: DemoSettings, workspace: Workspace, model: Path, expected: int, domain: int, progress: Progress
) -> dict[str, Any]:
    """Run the three processes from start to end; returns what only we know of them."""
    news = _News()
    commands = _commands(settings, workspace.folder, model, expected)
    # ROS writes log files of its own; they repeat what ours hold.
    with tempfile.TemporaryDirectory(prefix="ros-log-", dir=workspace.folder) as ros_log, Processes() as processes:
        environment = child_environment(domain, Path(ros_log))

        def start(name: str, on_line: Callable[[str], None] | None = None) -> Child:
            log = f"{name}.log"
            return processes.start(
                name, commands[name], environment, workspace.logs / log, on_line, workspace.published_logs / log
            )

        replay = start("replay")
        _wait_for_source(replay, progress, expected)
        progress.show(f"starting the node and the recorder on ROS domain {domain}, this machine only")
        recorder = start("recorder", news.take)
        fusion = start("fusion")
        children = (replay, fusion, recorder)
        _wait_for_start(children, news)
        _wait_for_end(children, news, progress, expected, max(_STALL_S, _STALL_PAIRS / settings.rate))
        for child in (recorder, fusion):
            child.interrupt()
        for child in children:
            if child.stop():
                raise DemoError(f"{child.name} failed at its end: {child.why()} (see {child.log})")
    return {
        "source": settings.source,
        "rate": settings.rate,
        "pairs_planned": expected,
        "replayed": [int(n) for found in map(_PLAYED.search, replay.lines) if found for n in found.groups()],
        "middleware": middleware(environment),
        "ros_domain": domain,
        "processes": {child.name: child.pid for child in children},
        "warnings": [sentence for child in children for sentence in child.noteworthy()],
    }


def _write(
    settings: DemoSettings, folder: Path, run: dict[str, Any], started_s: float, progress: Progress
) -> dict[str, Any]:
    """Make video, summary and report of what the recorder has left; returns the summary."""
    recording = json.loads((folder / "recording.json").read_text(encoding="utf-8"))
    frames = sorted((folder / "frames").glob("*.jpg"))
    if frames:
        write_video(
            frames,
            folder / "fused.mp4",
            settings.rate,
            lambda number: progress.show(f"fused.mp4: frame {number} of {len(frames)}", number / len(frames)),
        )
    made = [name for name in _OUTPUTS if name in _MADE_LAST or (folder / name).exists()]
    duration_s = round(time.monotonic() - started_s, 1)
    summary = summarise(recording, {**run, "duration_s": duration_s, "files": made})
    write_json(folder / "summary.json", summary, indent=2)
    write_report(folder / "report.html", summary, recording)
    return summary


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


def _commands(settings: DemoSettings, folder: Path, model: Path, expected: int) -> dict[str, list[str]]:
    return {
        "recorder": _node(
            "recorder_node",
            {
                "out": str(folder),
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
        # Decoded before the first frame is sent, as far as memory allows: rendering must not compete with the node.
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
                "wait_timeout_s": 2 * _START_S,
            },
        ),
    }


def _node(module: str, parameters: Mapping[str, Any]) -> list[str]:
    """Return the command line of a node; JSON is YAML, so any path survives."""
    command = [sys.executable, "-m", f"fusion_perception.ros.{module}", "--ros-args"]
    for name, value in parameters.items():
        command += ["-p", f"{name}:={json.dumps(value)}"]
    return command


def _wait_for_source(replay: Child, progress: Progress, expected: int) -> None:
    """Wait until everything is decoded that has room: only then the node and the recorder start."""
    decoded, news_s = -1, time.monotonic()
    while not any(_READY in line for line in replay.lines):
        _check((replay,))
        counts = [int(found[1]) for found in map(_DECODED.search, replay.lines) if found]
        now = time.monotonic()
        if counts and counts[-1] != decoded:
            decoded, news_s = counts[-1], now
        if now - news_s > _PREPARE_S:
            raise DemoError(f"the source gave nothing for {_PREPARE_S:.0f} s: {replay.why()} (see {replay.log})")
        progress.show(f"{max(0, decoded)} of {expected} pairs decoded", max(0, decoded) / expected)
        time.sleep(_POLL_S)


def _wait_for_start(children: tuple[Child, ...], news: _News) -> None:
    replay = children[0]
    deadline = time.monotonic() + _START_S
    while not news.pairs:
        _check(children)
        if replay.returncode() == 0:
            return  # a source of a single moment
        if time.monotonic() > deadline:
            raise DemoError(f"no image pair came within {_START_S:.0f} s: {replay.why()} (see {replay.log})")
        time.sleep(_POLL_S)


def _wait_for_end(children: tuple[Child, ...], news: _News, progress: Progress, expected: int, stall_s: float) -> None:
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
            if complete or now - max(ended_s, news.time_s) > _DRAIN_S:
                return
        elif now - news.time_s > stall_s:
            raise DemoError(f"nothing has come for {stall_s:.0f} s: {replay.why()} (see {replay.log})")
        time.sleep(_POLL_S)


def _check(children: tuple[Child, ...]) -> None:
    """Raise DemoError if a process has ended that should not have; the replay may, without an error."""
    for child in children:
        status = child.returncode()
        if status is not None and (status or child.name != "replay"):
            time.sleep(2 * _POLL_S)  # its last words are still on their way
            how = f"was ended by {signal.Signals(-status).name}" if status < 0 else f"has ended with status {status}"
            raise DemoError(f"{child.name} {how}: {child.why()} (see {child.log})")
        if child.log_error is not None:
            raise cannot_write(child.log, child.log_error) from child.log_error
