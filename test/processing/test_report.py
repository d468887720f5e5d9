# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the report of a processed bag: its charts, its player, and what failed."""

import json
import re
from dataclasses import replace

import pytest

pytest.importorskip("jinja2", reason="pages are made by jinja2")

from fusion_perception.health import RunEvent
from fusion_perception.processing.job import shares
from fusion_perception.processing.pair_figures import PAIRS, PairFigures, PairsDocument
from fusion_perception.processing.report import write_report
from fusion_perception.processing.results_folder import SUMMARY, BagSummary, begin, complete
from fusion_perception.processing.share_run import run_share

SECOND = 10**9
PAIR = PairFigures(
    0, 2.0, 20.0, 9.0, "", 0.25, (0.9, 0.1), class_thermal=(None, 0.25), reversed_without={"thermal": 0.1, "rgb": 0.3}
)


def summary(**options):
    made = BagSummary(
        SUMMARY.name, SUMMARY.version, "/bags/a drive", "f", 10, 0, "", ("a_0.mcap",), {"fusion/image": 10}, (), {}
    )
    return replace(made, **options)


def pairs(number=10, **of_pair):
    made = [replace(PAIR, stamp_ns=k * SECOND // 10) for k in range(number)]
    for name, figures in of_pair.items():
        made[int(name[1:])] = replace(made[int(name[1:])], **figures)
    return PairsDocument(classes=("road", "car"), pairs=tuple(made))


def report(folder, *documents):
    write_report(folder, *documents)
    return (folder / "report.html").read_text(encoding="utf-8")


def test_every_chart_that_has_figures_is_there(tmp_path):
    page = report(tmp_path, summary(), pairs())
    titles = re.findall(r'aria-label="([^"]+)"', page)
    assert [title.split()[0] for title in titles] == ["Time", "Thermal", "Share", "Thermal", "Decisions"]
    assert "Every pair was processed" in page and "Nothing failed" in page
    assert "25 %" in page, "the mean share of thermal"
    assert not re.search(r"https?://", page) and "<video" not in page


def test_a_bag_without_attribution_and_with_one_camera_has_no_charts_of_them(tmp_path):
    document = pairs()
    less = {"offset_ms": None, "thermal_share": None, "class_thermal": (), "reversed_without": {}, "missing": "rgb"}
    alone = tuple(replace(pair, **less) for pair in document.pairs)
    page = report(tmp_path, summary(), replace(document, pairs=alone))
    assert "pair without RGB: 10" in page and "stamp minus" not in page and "Thermal share of each" not in page
    assert "no pair has images of both" in page and "no result has an attribution" in page


def test_what_failed_when(tmp_path):
    document = pairs(k3={"failure": "<b>odd</b>", "class_shares": (), "engine_ms": None})
    late = (*document.pairs, replace(PAIR, stamp_ns=30 * SECOND))
    page = report(tmp_path, summary(pairs=11, failed=1), replace(document, pairs=late))
    assert "1 of 11 pairs failed" in page and "pair that failed: 1" in page and "gap between pairs: 1" in page
    assert "&lt;b&gt;odd&lt;/b&gt;" in page and "<b>odd" not in page


def test_the_player_knows_the_moment_of_each_frame_and_none_of_a_failure(tmp_path):
    (tmp_path / "film.mp4").write_bytes(b"a film")
    page = report(tmp_path, summary(), pairs(k3={"failure": "odd"}))
    shown = json.loads(re.search(r'<script type="application/json">(.+?)</script>', page, re.DOTALL).group(1))
    assert shown["count"] == 9 and shown["times"] == [0.0, 0.1, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    assert 'src="data:video/mp4;base64,' in page and 'data-rate="10"' in page


def test_a_large_film_stays_beside_the_page(tmp_path, monkeypatch):
    monkeypatch.setattr("fusion_perception.lab.pages.player.LARGEST_FILM", 3)
    (tmp_path / "film.mp4").write_bytes(b"a film")
    assert 'src="film.mp4"' in report(tmp_path, summary(), pairs())


def test_what_was_wrong_with_the_bag_is_on_the_time_line(tmp_path):
    events = (RunEvent(SECOND // 2, "damaged thermal images", "2, 2 so far"),)
    page = report(tmp_path, summary(), replace(pairs(), events=events))
    assert "damaged thermal images: 1" in page and "0.50 s: 2, 2 so far" in page


def test_a_bag_without_a_single_result_has_a_report(tmp_path):
    document = pairs()
    failed = tuple(replace(pair, failure="odd", class_shares=(), class_thermal=()) for pair in document.pairs)
    page = report(tmp_path, summary(failed=10), replace(document, pairs=failed))
    assert "10 of 10 pairs failed" in page and "no pair was processed" in page and "no result with a mask" in page
    assert "There was no pair" in report(tmp_path, summary(pairs=0), replace(document, pairs=()))


def test_figures_of_earlier_runs_are_read(tmp_path):
    old = {"stamp_ns": 5, "offset_ms": 1.0, "ms": 2.0, "class_shares": [1.0], "missing": "", "failure": ""}
    document = {"schema": PAIRS.name, "schema_version": 1, "classes": ["road"], "pairs": [old]}
    (tmp_path / "pairs.json").write_text(json.dumps(document))
    assert PAIRS.read_file(tmp_path / "pairs.json").pairs[0].shares.class_shares == (1.0,)


def test_a_report_of_a_long_bag_stays_small(tmp_path):
    (tmp_path / "film.mp4").write_bytes(b"a film")
    page = report(tmp_path, summary(), pairs(100_000))
    assert len(page) < 1_500_000


def test_a_run_leaves_the_figures_of_every_pair(job):
    made = job(limit=60)  # two files
    begin(made)
    done = complete(made, [run_share(share) for share in shares(made, 2)])
    document = PAIRS.read_file(made_folder(made) / "pairs.json")
    assert len(document.pairs) == done.pairs == 60
    stamps = [pair.stamp_ns for pair in document.pairs]
    assert stamps == sorted(stamps) and len(set(stamps)) == 60
    for pair in document.pairs:
        assert sum(pair.class_shares) == pytest.approx(1, abs=1e-3) and len(pair.class_shares) == len(document.classes)
        assert pair.thermal_share is None or 0 <= pair.thermal_share <= 1
        assert len(pair.class_thermal) == len(document.classes) == len(document.palette)
        assert pair.ms >= pair.engine_ms > 0 and not pair.failure
    assert "60" in report(made_folder(made), done, document)


def made_folder(job):
    from pathlib import Path

    return Path(job.out)
