# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the report of a processed bag: its charts, its player, and what failed."""

import json
import re
from dataclasses import replace

import pytest

pytest.importorskip("jinja2", reason="pages are made by jinja2")

from fusion_perception.processing.job import shares
from fusion_perception.processing.pair_figures import PAIRS, PairFigures, PairsDocument
from fusion_perception.processing.report import write_report
from fusion_perception.processing.results_folder import SUMMARY, BagSummary, begin, complete
from fusion_perception.processing.share_run import run_share

SECOND = 10**9
PAIR = PairFigures(0, 2.0, 20.0, 9.0, "", 0.25, (0.9, 0.1))


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
    assert [title.split()[0] for title in titles] == ["What", "Time", "Thermal", "Share", "Share"]
    assert "Every pair was processed" in page and "car, 0.90 s" not in page
    assert "25 %" in page, "the mean share of thermal"
    assert not re.search(r"https?://", page) and "<video" not in page


def test_a_bag_without_attribution_and_with_one_camera_has_no_charts_of_them(tmp_path):
    document = pairs()
    alone = tuple(replace(pair, offset_ms=None, thermal_share=None, missing="rgb") for pair in document.pairs)
    page = report(tmp_path, summary(), replace(document, pairs=alone))
    assert "without RGB: 10" in page and "stamp minus" not in page and "each sensor" not in page


def test_what_failed_when(tmp_path):
    document = pairs(k3={"failure": "<b>odd</b>", "class_shares": (), "engine_ms": None})
    late = (*document.pairs, replace(PAIR, stamp_ns=30 * SECOND))
    page = report(tmp_path, summary(pairs=11, failed=1), replace(document, pairs=late))
    assert "1 of 11 pairs failed" in page and "failed: 1" in page and "no pair for a while: 1" in page
    assert "&lt;b&gt;odd&lt;/b&gt;" in page and "<b>odd" not in page


def test_the_player_knows_the_moment_of_each_frame_and_none_of_a_failure(tmp_path):
    (tmp_path / "film.mp4").write_bytes(b"a film")
    page = report(tmp_path, summary(), pairs(k3={"failure": "odd"}))
    times = json.loads(re.search(r'<script type="application/json">(.+?)</script>', page).group(1))
    assert times == [0.0, 0.1, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    assert 'src="data:video/mp4;base64,' in page and 'data-rate="10"' in page


def test_a_large_film_stays_beside_the_page(tmp_path, monkeypatch):
    monkeypatch.setattr("fusion_perception.processing.report.LARGEST_FILM", 3)
    (tmp_path / "film.mp4").write_bytes(b"a film")
    assert 'src="film.mp4"' in report(tmp_path, summary(), pairs())


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
        assert 0 <= pair.thermal_share <= 1 and pair.ms >= pair.engine_ms > 0 and not pair.failure
    assert "60" in report(made_folder(made), done, document)


def made_folder(job):
    from pathlib import Path

    return Path(job.out)
