# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of a benchmark's page: charts of every case, where it was measured, and no way in for text from outside."""

from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("jinja2", reason="pages are made by jinja2")

from fusion_perception.cli.main import main
from fusion_perception.lab.bench.document import BENCH
from fusion_perception.lab.bench.page import write_bench_page

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


def test_text_from_outside_is_escaped(tmp_path):
    document = BENCH.read_file(DOCUMENT)
    odd = replace(document.results[0], model="<script>x</script>", notes=("<b>",))
    write_bench_page(tmp_path / "bench.html", replace(document, results=(odd,)))
    text = (tmp_path / "bench.html").read_text(encoding="utf-8")
    assert "<script" not in text and "<b>" not in text
