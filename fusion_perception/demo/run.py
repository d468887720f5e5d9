# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Run replay, node and recorder as processes of their own, and make the report."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from fusion_perception.bags.rerun_file import RERUN_FILE, check_rerun
from fusion_perception.demo.environment import child_environment, choose_domain, middleware
from fusion_perception.demo.moving_picture import check_moving_picture, write_moving_picture
from fusion_perception.demo.processes import Child, Processes, node_command
from fusion_perception.demo.recorder import recorder_node
from fusion_perception.demo.recording_document import RECORDING
from fusion_perception.demo.replay import replay_node
from fusion_perception.demo.report import write_report
from fusion_perception.demo.settings import DemoSettings, count_pairs
from fusion_perception.demo.summary import summarise
from fusion_perception.demo.summary_document import SUMMARY, RunInfo, Summary
from fusion_perception.demo.video import write_video
from fusion_perception.demo.watch import (
    STALL_PAIRS,
    STALL_S,
    START_S,
    DemoError,
    News,
    ReplayNews,
    queue_depth,
    wait_for_end,
    wait_for_source,
    wait_for_start,
)
from fusion_perception.demo.workspace import Workspace
from fusion_perception.engine.model_file import open_model_file
from fusion_perception.errors import require
from fusion_perception.files.atomic_file import cannot_write
from fusion_perception.lab.pages.page import check_pages
from fusion_perception.model_store import find_model
from fusion_perception.progress import Progress
from fusion_perception.ros import fusion_node

_OUTPUTS = ("summary.json", "contact.png", "fused.mp4", "output.mcap", "report.html", "recording.json", RERUN_FILE)
_MADE_LAST = ("summary.json", "report.html")
_LOOK_AHEAD_MB = 160  # all of the synthetic drive; of a source of any length and size no more


def run_demo(settings: DemoSettings, progress: Progress | None = None) -> Summary:
    """Run the demonstration.

    Args:
        settings: what to demonstrate.
        progress: where to show how far it is; nowhere by default.

    Returns:
        The summary, as it is written to ``summary.json``.

    Raises:
        FusionPerceptionError: a package, the model or the source is missing, or a process failed.
    """
    progress = progress or Progress(silent=True)
    started = time.monotonic()
    model = find_model(settings.model)
    open_model_file(model)
    if settings.picture is not None:
        check_moving_picture(settings.picture)
    expected = count_pairs(settings, progress.say)
    for module, purpose in (("rclpy", "the demonstration"), ("rosbags", "the recorder"), ("av", "the video")):
        require(module, purpose)
    check_pages()
    if settings.rerun:
        check_rerun()
    with Workspace(settings.out, _OUTPUTS) as workspace:
        try:
            return _run(settings, workspace, model, expected, started, progress)
        except DemoError as error:  # what a process could not write, it names by a folder that is gone now
            raise DemoError(str(error).replace(str(workspace.folder), str(workspace.target))) from error


def _run(
    settings: DemoSettings, workspace: Workspace, model: Path, expected: int, started_s: float, progress: Progress
) -> Summary:
    domain = choose_domain(os.getpid()) if settings.domain is None else settings.domain
    progress.stage("start")
    run = _play(settings, workspace, model, expected, domain, progress)
    left = [
        f"an earlier run that was killed has left '{path}', which can be deleted" for path in workspace.left_by_others()
    ]
    run = replace(run, warnings=(*run.warnings, *left))
    progress.stage("write")
    try:
        summary = _write(settings, workspace.folder, run, started_s, progress)
    except OSError as error:
        raise cannot_write(settings.out, error) from error
    made = workspace.publish()
    progress.end()
    progress.say(f"{settings.out}/: " + ", ".join(made))
    return summary


def _play(
    settings: DemoSettings, workspace: Workspace, model: Path, expected: int, domain: int, progress: Progress
) -> RunInfo:
    """Run the three processes from start to end; returns what only we know of them."""
    news, replay_news = News(), ReplayNews()
    commands = _commands(settings, workspace.folder, model, expected)
    # ROS writes log files of its own; they repeat what ours hold.
    with tempfile.TemporaryDirectory(prefix="ros-log-", dir=workspace.folder) as ros_log, Processes() as processes:
        environment = child_environment(domain, Path(ros_log))

        def start(name: str, on_line: Callable[[str], None] | None = None) -> Child:
            log = f"{name}.log"
            return processes.start(
                name, commands[name], environment, workspace.logs / log, on_line, workspace.published_logs / log
            )

        replay = start("replay", replay_news.take)
        wait_for_source(replay, replay_news, progress, expected)
        progress.say(f"starting the node and the recorder on ROS domain {domain}, this machine only")
        commands["recorder"] += ["-p", f"queue:={queue_depth(replay_news.latest.pair_bytes)}"]
        recorder = start("recorder", news.take)
        fusion = start("fusion")
        children = (replay, fusion, recorder)
        wait_for_start(children, news)
        wait_for_end(children, news, progress, expected, max(STALL_S, STALL_PAIRS / settings.rate))
        for child in (recorder, fusion):
            child.interrupt()
        for child in children:
            if child.stop():
                raise DemoError(f"{child.name} failed at its end: {child.why()} (see {child.log})")
    return RunInfo(
        source=settings.source,
        rate=settings.rate,
        pairs_planned=expected,
        replayed=(replay_news.latest.thermal, replay_news.latest.rgb),
        middleware=middleware(environment),
        ros_domain=domain,
        processes={child.name: child.pid for child in children},
        warnings=tuple(sentence for child in children for sentence in child.noteworthy()),
    )


def _write(settings: DemoSettings, folder: Path, run: RunInfo, started_s: float, progress: Progress) -> Summary:
    """Make video, summary and report of what the recorder has left; returns the summary."""
    recording = RECORDING.read_file(folder / "recording.json")
    frames = sorted((folder / "frames").glob("*.jpg"))
    if frames:
        write_video(
            frames,
            folder / "fused.mp4",
            settings.rate,
            lambda number: progress.tick(number, len(frames), "frames of fused.mp4"),
        )
        if settings.picture is not None:
            write_moving_picture(
                frames,
                settings.picture,
                settings.rate,
                lambda number, of: progress.tick(number, of, f"frames of {settings.picture}"),
            )
    made = [name for name in _OUTPUTS if name in _MADE_LAST or (folder / name).exists()]
    duration_s = round(time.monotonic() - started_s, 1)
    summary = summarise(recording, replace(run, duration_s=duration_s, files=tuple(made)))
    SUMMARY.write_file(folder / "summary.json", summary, indent=2)
    write_report(folder / "report.html", summary, recording)
    return summary


def _commands(settings: DemoSettings, folder: Path, model: Path, expected: int) -> dict[str, list[str]]:
    return {
        "recorder": node_command(
            recorder_node,
            {
                "out": str(folder),
                "model": str(model.resolve()),
                "expected": expected,
                "rate": float(settings.rate),
                "rerun": settings.rerun,
            },
        ),
        "fusion": node_command(
            fusion_node,
            {
                "model": str(model.resolve()),
                "backend": settings.backend,
                "attribution.max_rate": float(settings.attribution_rate),
                "diagnostics.period_s": 0.5,
            },
        ),
        # Decoded before the first frame is sent, up to a size: rendering must not compete with the node.
        "replay": node_command(
            replay_node,
            {
                "source": settings.source,
                "rate": float(settings.rate),
                "frames": expected,
                "look_ahead": min(expected, 10_000),
                "look_ahead_mb": _LOOK_AHEAD_MB,
                "thermal_offset_ms": 4.0,
                "jitter_ms": 1.0,
                "bag_thermal_topic": settings.thermal_topic,
                "bag_rgb_topic": settings.rgb_topic,
                "bag_thermal_offset_ms": "auto"
                if settings.thermal_offset_ms is None
                else f"{settings.thermal_offset_ms:g}",
                "freeze": settings.freeze or "none",
                "freeze_from": expected // 3,
                "freeze_pairs": max(1, expected // 3),
                "wait_for_subscribers": 2,
                "wait_timeout_s": 2 * START_S,
            },
            replay_node.PROGRESS,
        ),
    }
