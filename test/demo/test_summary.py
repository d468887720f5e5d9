# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the figures of a run."""

import json

import pytest

from fusion_perception.demo.summary import FAILED, GOOD, NOTE, latencies_ms, percentiles, summarise, table, verdict

from .fake_run import RUN, recording, topic


def test_percentiles_are_those_of_numpy_and_none_without_values():
    assert percentiles(list(range(1, 102))) == {"p50": 51.0, "p95": 96.0, "max": 101.0}
    assert percentiles([7.123456]) == {"p50": 7.12, "p95": 7.12, "max": 7.12}
    assert percentiles([]) is None


def test_latency_is_publication_minus_stamp_of_each_message():
    assert latencies_ms(topic([10**18, 10**18 + 5], [12.5, 80.0])) == pytest.approx([12.5, 80.0])


def test_the_summary_has_what_its_readers_rely_on():
    summary = summarise(recording(pairs=100, results=98), RUN)
    assert json.loads(json.dumps(summary)) == summary
    assert summary["pairs_published"] == 100
    assert summary["pairs_matched"] == 100
    assert summary["results_published"] == 98
    assert summary["dropped"] == 2
    assert summary["latency_ms"] == {"p50": 49.5, "p95": 93.15, "max": 98.0}
    assert summary["engine_ms"] == {"p50": 40.1, "p95": 55.2}
    assert summary["backend"] == "onnxruntime CPUExecutionProvider"
    assert summary["model"] == "realtime"
    assert summary["topics"]["fusion/image"]["messages"] == 98
    assert summary["topics"]["fusion/image"]["rate_hz"] == 10.0
    assert summary["topics"]["thermal/image_raw"]["mean_bytes"] == 100
    assert {"fusion_perception", "python", "numpy"} <= set(summary["versions"])


def test_a_pair_is_published_when_both_of_its_images_are():
    document = recording(pairs=10, results=10)
    document["topics"]["thermal/image_raw"]["messages"] = 7
    assert summarise(document, RUN)["pairs_published"] == 7


def test_messages_that_the_recorder_missed_are_still_counted():
    document = recording(pairs=95, results=90, matched=100)
    document["diagnostics"]["results"] = "97"
    summary = summarise(document, {**RUN, "replayed": [100, 100]})
    assert summary["pairs_published"] == 100
    assert summary["results_published"] == 97
    assert summary["results_recorded"] == 90


@pytest.mark.parametrize(
    ("pairs", "results", "matched", "state", "words"),
    [
        (100, 100, 100, GOOD, "every pair was matched, and 100.0 %"),
        (100, 95, 100, GOOD, "95.0 %"),
        (100, 94, 100, NOTE, "6 of 100 pairs gave no result"),
        (100, 90, 97, NOTE, "3 of 100 pairs found no partner"),
        (100, 0, 100, FAILED, "no result came back"),
        (0, 0, 0, FAILED, "no image pair was published"),
    ],
)
def test_the_verdict_says_what_happened(pairs, results, matched, state, words):
    got, sentence = verdict(summarise(recording(pairs, results, matched), RUN))
    assert got == state
    assert words in sentence


def test_images_that_the_node_never_got_are_not_called_unmatched():
    document = recording(pairs=100, results=80, matched=80)
    document["diagnostics"].update(received_thermal="84", received_rgb="90")
    summary = summarise(document, RUN)
    assert summary["pairs_received"] == 84
    state, sentence = verdict(summary)
    assert state == NOTE
    assert "16 of 100 pairs did not reach the node" in sentence


def test_the_table_survives_a_run_without_anything():
    empty = {"topics": {}, "diagnostics": {}}
    rows = dict(table(summarise(empty, RUN)))
    assert rows["latency, stamp to publication"] == "not measured"
    assert rows["pairs published"] == "0"
