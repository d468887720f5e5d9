# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Put tables, charts and pictures of an evaluation on one HTML page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from fusion_perception.files.atomic_file import write_text
from fusion_perception.lab.data.boxes import BOX_LABELS
from fusion_perception.lab.data.video_dataset import VideoDataset
from fusion_perception.lab.evaluation.attribution_tables import SENSOR_TITLES
from fusion_perception.lab.evaluation.document import EvaluationDocument, FrameFigures
from fusion_perception.lab.evaluation.evaluator import Evaluator
from fusion_perception.lab.evaluation.method_info import ModelInfo
from fusion_perception.lab.evaluation.methods import Method
from fusion_perception.lab.evaluation.report.frames import rank_frames, write_frames
from fusion_perception.lab.evaluation.report.shown_pairs import show_pairs
from fusion_perception.lab.evaluation.report.video_frames import write_video_frames
from fusion_perception.lab.evaluation.tables import detail_tables, main_kind, summary_tables
from fusion_perception.lab.pages.page import data_uri, render_page
from fusion_perception.lab.pages.plot import (
    BLUE,
    GREY,
    ORANGE,
    PALE,
    RED,
    TEAL,
    VIOLET,
    Series,
    agreement_chart,
    bar_chart,
    line_chart,
)
from fusion_perception.lab.pages.run_charts import Charts
from fusion_perception.lab.pages.timeline import Curve, time_chart

PAGE = "report.html"
SHOWN = 4
"""Frames in each of the two pictures."""

DAY, NIGHT, OTHER = ORANGE, BLUE, GREY
_CLASS_COLOURS = {"person": RED, "bike": TEAL, "car": VIOLET}
_TEMPLATE = Path(__file__).with_name("report.html.j2")
_KINDS = {"model": "model", "folder": "folder of fused images", "baseline": "baseline"}
_SMALL = 280  # pixels, the width of a square chart


def write_report(folder: Path, documents: Sequence[EvaluationDocument], evaluator: Evaluator, method: Method) -> Path:
    """Write ``report.html`` and its pictures.

    Args:
        folder: where to; made if missing.
        documents: the method's evaluation document, then those of baselines.
        evaluator: reads the pairs that are shown.
        method: makes the pictures that are shown.

    Returns:
        The page.

    Raises:
        DataError: something cannot be written.
    """
    document = documents[0]
    frames = document.frames
    order, rank = rank_frames(frames)
    pictures = []
    for title, name, indices in (("Worst", "worst.jpg", order[:SHOWN]), ("Best", "best.jpg", order[::-1][:SHOWN])):
        if indices:
            write_frames(folder / name, evaluator, method, indices, frames)
            uri = data_uri((folder / name).read_bytes(), "image/jpeg")
            pictures.append((f"{title} frames by {rank}", uri, ", ".join(frames[i].name for i in indices)))
    if document.video and isinstance(evaluator.dataset, VideoDataset):
        names = write_video_frames(folder / "video.jpg", evaluator, evaluator.dataset, method)
        uri = data_uri((folder / "video.jpg").read_bytes(), "image/jpeg")
        pictures.append(("Video: green boxes must be found, yellow ones may hold objects", uri, ", ".join(names)))
    shown = show_pairs(evaluator, method, frames) if frames else None
    page = folder / PAGE
    html = render_page(
        _TEMPLATE,
        document=document,
        kind=_KINDS[document.method.kind],
        runs_here=isinstance(document.method, ModelInfo),
        summary=summary_tables(documents),
        details=detail_tables(document),
        charts=Charts(
            (
                *(shown.charts.drawn if shown else ()),
                *_frame_charts(frames),
                *_calibration_charts(document),
                *_robustness_charts(document),
                *_attribution_charts(document),
            ),
            shown.charts.sentences if shown else (),
        ),
        pictures=pictures,
        shown=shown,
    )
    write_text(page, html)
    return page


def _frame_charts(frames: Sequence[FrameFigures]) -> Iterable[str]:
    colours = [{"day": DAY, "night": NIGHT}.get(f.time or "", OTHER) for f in frames]
    used = [("day", DAY), ("night", NIGHT), ("other", OTHER)]
    legend = [(name, colour) for name, colour in used if colour in colours]
    names = [f.name for f in frames]
    rows = {"IoU of the objects in each pair": [f.object_iou for f in frames]}
    for key in ("VIF", "Qabf", "SSIM"):
        rows[f"{key} of each pair"] = [f.fusion.get(key) for f in frames]
    for title, values in rows.items():
        if any(v is not None for v in values):
            up = title.split(" of ")[0]
            yield bar_chart(title, names, values, colours, across="pair", up=up, legend=legend, over_time=True)
    times = [(i + 0.5, f.engine_ms) for i, f in enumerate(frames) if f.engine_ms is not None]
    if times:
        title, engine = "Time of the engine for each pair", Curve("engine", BLUE, times, dots=True)
        yield time_chart(title, [engine], last=float(len(frames)), up="ms", across="number of the pair")


def _calibration_charts(document: EvaluationDocument) -> Iterable[str]:
    kind = main_kind(document.segmentation)
    if kind is None:
        return
    for split, score in document.segmentation[kind].items():
        curve = score.reliability
        if any(curve.pixels):
            bins = zip(curve.confidence, curve.accuracy, strict=True)
            points = [(said, found) for said, found in bins if said is not None and found is not None]
            title = f"Reliability, {split} ({kind})"
            yield agreement_chart(title, points, across="confidence", up="share of right pixels", width=_SMALL)


def _robustness_charts(document: EvaluationDocument) -> Iterable[str]:
    iou = {row.name: row.scores.iou for row in document.robustness or () if row.scores}
    if not iou:
        return
    clean = next(iter(iou.values()))
    kind = main_kind(clean)
    if kind is None:
        return
    shifts = {0: clean, **{int(name.split()[1]): found for name, found in iou.items() if name.startswith("misaligned")}}
    for split in clean[kind]:
        lines = [
            Series(name, _CLASS_COLOURS[name], [found[kind][split].get(name) for found in shifts.values()])
            for name in BOX_LABELS
            if clean[kind][split].get(name) is not None
        ]
        if lines:
            ticks = [str(px) for px in shifts]
            yield line_chart(f"IoU under misalignment, {split}", ticks, lines, across="misalignment / pixels", up="IoU")


def _attribution_charts(document: EvaluationDocument) -> Iterable[str]:
    figures = document.attribution_check.faithfulness if document.attribution_check else None
    for sensor, splits in figures.curves.items() if figures else ():
        title = SENSOR_TITLES[sensor]
        for split in [s for s in splits if s != "all"] or list(splits):
            curve = splits[split]
            lines = [
                Series("deletion", RED, curve.deletion),
                Series("random", GREY, curve.random),
                Series("insertion", TEAL, curve.insertion),
                Series("random, inserted", PALE, curve.random[::-1]),
            ]
            ticks = [f"{share:.0%}" for share in curve.shares]
            across = f"{title} pixels replaced or put back"
            yield line_chart(f"Score kept, {title}, {split}", ticks, lines, across=across, up="share of the score")
