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


def test_columns_that_nothing_was_counted_for_are_left_out_with_the_reason(values):
    for result in values["results"]:
        result |= {"flops": None, "roofline": None, "left_out": "counting needs the package 'onnx'"}
    values["ceilings"][0] |= {"gflops": {}, "gbytes": 12.34, "missing": {"fp32": "no onnx", "int8": "no onnx"}}
    text = to_markdown(values)
    assert rows_of(text)[0][-1] == "file MiB"
    assert {len(row) for row in rows_of(text)} == {11}
    assert text.count("GFLOP or roofline is left out: counting needs the package 'onnx'.") == 1
    assert "Measured ceilings of cpu: 12.3 GB/s (no fp32, int8: no onnx)." in text


def test_a_column_with_one_figure_stays(values):
    values["results"][0] |= {"flops": None, "roofline": None, "left_out": "operations are counted in ONNX files alone"}
    text = to_markdown(values)
    assert rows_of(text)[0][-2:] == ["GFLOP", "roofline ms"]
    assert rows_of(text)[2][-2:] == ["-", "-"]
    assert "is left out: operations are counted in ONNX files alone." in text


def test_disturbances_are_told(values):
    for result in values["results"]:
        result["others"] = {"cpu": 0.04, "stolen": 0.01}
        result["warm_up"] = {"seconds": 1.5, "calls": 30, "settled": True}
    assert "Other processes" not in to_markdown(values)
    assert "settled" not in to_markdown(values)
    values["results"][1]["others"] = {"cpu": 0.62, "stolen": 0.3}
    values["results"][1]["warm_up"]["settled"] = False
    text = to_markdown(values)
    assert "Other processes took up to 62 % of the processors meanwhile: measure again at rest." in text
    assert "The host of this virtual machine gave up to 30 % of its processors to others." in text
    assert "In 1 of 2 rows the times had not settled after the warm-up." in text


def test_the_node(values):
    latency = {"p50": 31.04, "p95": 45.0, "mean": 33.0, "min": 30.0, "max": 60.0, "calls": 90}
    run = {"camera_rate": 30.0, "sent": 100, "results": 90, "pairs_per_second": 27.04}
    seen = run | {"published_ms": latency, "received_ms": latency | {"p50": 33.0}, "cpu_ms_per_result": 70.25}
    blind = run | {"camera_rate": 45.0, "published_ms": None, "received_ms": None, "cpu_ms_per_result": None}
    whose = {"file": "m.onnx", "backend": "auto", "provider": "CPU", "attribution": True, "middleware": "Fast DDS"}
    figures = {"engine_pairs_per_second": 30.0, "throughput_ratio": 0.9, "camera_bound": False, "topics": ["a"]}
    values["node"] = [whose | figures | {"even": seen, "full": blind}]
    rows = rows_of(to_markdown(values))
    header = next(i for i, row in enumerate(rows) if row[0] == "node with")
    even, full = rows[header + 2 : header + 4]
    assert even == ["m", "auto", "yes", "30", "27.0", "31.0", "45.0", "33.0 / 45.0", "70.2", "-"]
    assert full == ["m", "auto", "yes", "45", "27.0", "-", "-", "- / -", "-", "0.90"]
    values["node"][0]["camera_bound"] = True
    assert "| at least 0.90 " in to_markdown(values)


def test_memory_of_the_gpu_is_named_beside(values):
    values["results"][0] |= {"peak_memory_bytes": 50 << 20, "device_memory_bytes": 300 << 20}
    assert rows_of(to_markdown(values))[2][9] == "50 + 300"


def test_comparison(compared):
    compared["comparison"]["ratio_b_to_a"] = {"median": 2.0, "p05": 1.9, "p95": 2.25}
    text = to_markdown(compared)
    assert "B takes 2.000 times as long as A" in text
    assert "1.900 to 2.250" in text
    assert [row[0] for row in rows_of(text)][2:] == ["A", "B"]
