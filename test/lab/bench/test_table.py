# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tables of documents that are edited as JSON, and so read as well."""

from fusion_perception.lab.bench import table
from fusion_perception.lab.bench.document import BENCH


def to_markdown(values):
    return table.to_markdown(BENCH.read(values))


def rows_of(text):
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]


def test_results(values):
    values["results"][0] |= {
        "pairs_per_second": 31.25,
        "cpu_ms_per_call": 57.16,
        "flops": 2_500_000_000,
        "peak_memory_bytes": 50 << 20,
    }
    values["results"][0]["latency_ms"] |= {"p50": 32.04, "p95": 4.5}
    values["results"][0]["roofline"] |= {"total_ms": 16.0, "efficiency": 0.5}
    header, rule, first, second = rows_of(to_markdown(values))
    assert header[:5] == ["model", "backend", "precision", "attribution", "p50 ms"]
    assert set("".join(rule)) == {"-"}
    assert first[:7] == ["tiny", "onnxruntime CPU", "fp32", "no", "32.0", "4.50", "31.2"]
    assert first[7] == "57.2"
    assert first[9] == "50"
    assert first[11:] == ["2.50", "16.00 (50 %)"]
    assert second[3] == "1 step"
    assert len(header) == len(first)


def test_origin(values):
    values["machine"]["cpu"] = "Test CPU"
    values["commit"] = {"id": "0123456789abcdef", "modified": True}
    values["created"] = "2026-02-03T04:05:06+00:00"
    values["results"][0]["notes"] = ["CUDA is not used"]
    text = to_markdown(values)
    assert "12 x 20 images; Test CPU, 1 of" in text
    assert "commit 0123456789 with changes, 2026-02-03." in text
    assert "Measured ceilings of cpu: " in text
    assert "Note: CUDA is not used." in text


def test_unknown_figures(values):
    values["results"][0] |= {"peak_memory_bytes": None, "flops": None, "roofline": None}
    values["ceilings"][0] |= {"gflops": {}, "gbytes": 12.34}
    assert rows_of(to_markdown(values))[2][-4:] == ["-", rows_of(to_markdown(values))[2][-3], "-", "-"]
    assert "Measured ceilings of cpu: 12.3 GB/s." in to_markdown(values)


def test_memory_of_the_gpu_is_named_beside(values):
    values["results"][0] |= {"peak_memory_bytes": 50 << 20, "device_memory_bytes": 300 << 20}
    assert rows_of(to_markdown(values))[2][9] == "50 + 300"


def test_comparison(compared):
    compared["comparison"]["ratio_b_to_a"] = {"median": 2.0, "p05": 1.9, "p95": 2.25}
    text = to_markdown(compared)
    assert "B takes 2.000 times as long as A" in text
    assert "1.900 to 2.250" in text
    assert [row[0] for row in rows_of(text)][2:] == ["A", "B"]
