# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Put tables, charts and pictures of an evaluation on one HTML page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from fusion_perception.atomic_file import write_text
from fusion_perception.lab.data.boxes import BOX_LABELS
from fusion_perception.lab.evaluation.attribution_tables import SENSOR_TITLES
from fusion_perception.lab.evaluation.document import EvaluationDocument, FrameFigures
from fusion_perception.lab.evaluation.evaluator import Evaluator
from fusion_perception.lab.evaluation.method_info import ModelInfo
from fusion_perception.lab.evaluation.methods import Method
from fusion_perception.lab.evaluation.report.frames import rank_frames, write_frames
from fusion_perception.lab.evaluation.report.svg import Series, bar_chart, line_chart, reliability_chart
from fusion_perception.lab.evaluation.table import Table
from fusion_perception.lab.evaluation.tables import detail_tables, main_kind, summary_tables
from fusion_perception.text import to_html

PAGE = "report.html"
SHOWN = 4
"""Frames in each of the two pictures."""

DAY, NIGHT, OTHER = "#d9902f", "#34558b", "#667085"
_CLASS_COLOURS = {"person": "#d9480f", "bike": "#0c8599", "car": "#5f3dc4"}

_STYLE = """
:root{color-scheme:light}
body{font:15px/1.5 system-ui,sans-serif;color:#1f2430;background:#fff;margin:2rem auto;max-width:1180px;padding:0 1rem}
h1{font-size:1.6rem;margin:0 0 .2rem}h2{font-size:1.1rem;margin:2.2rem 0 .4rem}
p{margin:.3rem 0;color:#475467}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:13px;white-space:nowrap}
th,td{padding:.3rem .6rem;text-align:right;border-bottom:1px solid #e4e7ec}
th{font-weight:600;color:#475467;white-space:normal;vertical-align:bottom}th:first-child,td:first-child{text-align:left}
.charts{display:flex;flex-wrap:wrap;gap:1.5rem}
.charts svg{flex:1 1 520px;max-width:640px}.charts svg.small{flex:0 1 320px}
svg .ct{font:600 13px system-ui,sans-serif;fill:#1f2430}svg .ax{font:11px system-ui,sans-serif;fill:#667085}
img{max-width:100%;border:1px solid #e4e7ec}
"""


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
    parts = [_head(document)]
    parts += [_table(table) for table in summary_tables(documents)]
    charts = [*_frame_charts(frames), *_calibration_charts(document), *_robustness_charts(document)]
    charts += _attribution_charts(document)
    parts.append(f'<h2>Charts</h2><div class="charts">{"".join(charts)}</div>')
    order, rank = rank_frames(frames)
    worst, best = order[:SHOWN], order[::-1][:SHOWN]
    for title, name, indices in (("Worst", "worst.jpg", worst), ("Best", "best.jpg", best)):
        if not indices:
            continue
        write_frames(folder / name, evaluator, method, indices, frames)
        shown = ", ".join(frames[i].name for i in indices)
        parts.append(
            f'<h2>{title} frames by {to_html(rank)}</h2><a href="{name}"><img src="{name}" alt="{to_html(shown)}"></a>'
        )
    parts += [_table(table) for table in detail_tables(document)]
    page = folder / PAGE
    title = to_html(f"{document.method.name} on {document.data.name}")
    write_text(
        page,
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style>{''.join(parts)}</html>\n",
    )
    return page


def _head(document: EvaluationDocument) -> str:
    method, data = document.method, document.data
    what = {"model": "model", "folder": "folder of fused images", "baseline": "baseline"}[method.kind]
    facts = [f"{data.pairs} pairs of {data.name} ({data.split}): {data.day} by day, {data.night} by night"]
    if isinstance(method, ModelInfo):
        facts.append(f"{method.backend} on {method.device}, {method.precision}")
    if document.engine_ms:
        facts.append(f"engine {document.engine_ms.p50:.1f} ms (95 %: {document.engine_ms.p95:.1f} ms)")
    facts.append(document.created)
    lines = [f"<p>{to_html(what)}; {to_html('; '.join(facts))}</p>"]
    lines += [f"<p>Note: {to_html(note)}</p>" for note in document.notes]
    return f"<h1>{to_html(method.name)}</h1>{''.join(lines)}"


def _table(table: Table) -> str:
    head = "".join(f"<th>{to_html(column)}</th>" for column in table.columns)
    body = "".join(f"<tr>{''.join(f'<td>{to_html(cell)}</td>' for cell in row)}</tr>" for row in table.rows)
    note = f"<p>{to_html(table.note)}</p>" if table.note else ""
    return (
        f'<h2>{to_html(table.title)}</h2>{note}<div class="scroll"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _frame_charts(frames: Sequence[FrameFigures]) -> Iterable[str]:
    colours = [{"day": DAY, "night": NIGHT}.get(f.time or "", OTHER) for f in frames]
    used = [("day", DAY), ("night", NIGHT), ("other", OTHER)]
    legend = [(name, colour) for name, colour in used if colour in colours]
    names = [f.name for f in frames]
    rows = {"IoU of the objects in each frame": [f.object_iou for f in frames]}
    for key in ("VIF", "Qabf", "SSIM"):
        rows[f"{key} of each frame"] = [f.fusion[key] for f in frames]
    for title, values in rows.items():
        if any(v is not None for v in values):
            yield bar_chart(title, names, values, lambda i: colours[i], legend=legend)


def _calibration_charts(document: EvaluationDocument) -> Iterable[str]:
    kind = main_kind(document.segmentation)
    if kind is None:
        return
    for split, score in document.segmentation[kind].items():
        curve = score.reliability
        if any(curve.pixels):
            title = f"Reliability, {split} ({kind})"
            chart = reliability_chart(title, curve.confidence, curve.accuracy)
            yield chart.replace("<svg ", '<svg class="small" ', 1)


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
            yield line_chart(f"IoU under misalignment, {split}", [str(px) for px in shifts], lines, "pixels")


def _attribution_charts(document: EvaluationDocument) -> Iterable[str]:
    figures = document.attribution_check.faithfulness if document.attribution_check else None
    for sensor, splits in figures.curves.items() if figures else ():
        title = SENSOR_TITLES[sensor]
        for split in [s for s in splits if s != "all"] or list(splits):
            curve = splits[split]
            lines = [
                Series("deletion", "#d9480f", curve.deletion),
                Series("random", OTHER, curve.random),
                Series("insertion", "#0c8599", curve.insertion),
                Series("random, inserted", "#aab2bf", curve.random[::-1]),
            ]
            ticks = [f"{share:.0%}" for share in curve.shares]
            yield line_chart(f"Score kept, {title}, {split}", ticks, lines, f"{title} pixels replaced or put back")
