# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of a benchmark's page: charts of every case, where it was measured, and no way in for text from outside."""

from dataclasses import fields, replace
from pathlib import Path

import pytest

pytest.importorskip("jinja2", reason="pages are made by jinja2")

from fusion_perception.cli.main import main
from fusion_perception.lab.bench.document import BENCH, CasesCompared, TimedCase
from fusion_perception.lab.bench.page import write_bench_page
from fusion_perception.lab.bench.timing import Ratio, summarise

DOCUMENT = Path(__file__).parents[3] / "docs" / "benchmarks" / "cpu-2-cores.json"


def test_the_published_benchmark_as_a_page(tmp_path, capsys):
    page = tmp_path / "bench.html"
    assert main(["bench", "--table", str(DOCUMENT), "--report", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    results = BENCH.read_file(DOCUMENT).results
    assert len(results) > 1
    for title in ("Median time of a pair", "How far the times spread", "Pairs a second"):
        assert title in text
    for result in results:
        assert text.count(f"<title>{result.model}: {result.latency_ms.p50:.3f}") == 1
        assert f"{result.latency_ms.p50:.3f}" in text
    assert "<script" not in text and "https://" not in text
    assert "p50 ms" in capsys.readouterr().out


def test_whether_calls_became_slower_is_drawn(tmp_path):
    document = BENCH.read_file(DOCUMENT)
    courseless = [replace(case, latency_ms=replace(case.latency_ms, course=())) for case in document.results]
    write_bench_page(tmp_path / "old.html", replace(document, results=tuple(courseless)))
    assert "No course of the times" in (tmp_path / "old.html").read_text(encoding="utf-8")
    (case, *_) = document.results
    slower = replace(case, latency_ms=summarise([10.0] * 50 + [20.0] * 50))
    write_bench_page(tmp_path / "new.html", replace(document, results=(slower,)))
    text = (tmp_path / "new.html").read_text(encoding="utf-8")
    assert "Time of a call while it was measured" in text and 'data-last="1.48' in text


def test_two_cases_in_turns_have_their_table_and_different_names(tmp_path):
    document = BENCH.read_file(DOCUMENT)
    case = document.results[0]
    timed = TimedCase(**{field.name: getattr(case, field.name) for field in fields(TimedCase)})
    compared = CasesCompared(timed, timed, Ratio(1.25, 1.2, 1.3), {"fused_max": 1.0})
    write_bench_page(tmp_path / "two.html", replace(document, results=(), comparison=compared))
    text = (tmp_path / "two.html").read_text(encoding="utf-8")
    assert "B takes 1.250 times as long as A" in text and "Agreement of the outputs: fused_max 1." in text
    assert f"<title>1 {case.model}" in text and f"<title>2 {case.model}" in text


def test_nothing_measured_is_said(tmp_path):
    write_bench_page(tmp_path / "none.html", replace(BENCH.read_file(DOCUMENT), results=()))
    assert "Nothing was measured." in (tmp_path / "none.html").read_text(encoding="utf-8")


def test_text_from_outside_is_escaped(tmp_path):
    document = BENCH.read_file(DOCUMENT)
    odd = replace(document.results[0], model="<script>x</script>", notes=("<b>",))
    write_bench_page(tmp_path / "bench.html", replace(document, results=(odd,)))
    text = (tmp_path / "bench.html").read_text(encoding="utf-8")
    assert "<script" not in text and "<b>" not in text
