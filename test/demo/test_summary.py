# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the figures of a run."""

import json
from dataclasses import replace

import pytest

from fusion_perception.demo.recording_document import RECORDING, RecordingDocument
from fusion_perception.demo.summary import FAILED, GOOD, NOTE, percentiles, summarise, table, verdict
from fusion_perception.demo.summary_document import SUMMARY, Percentiles, StageTimes
from fusion_perception.errors import DataError

from .fake_run import RUN, recording, topic


def test_percentiles_are_those_of_numpy_and_none_without_values():
    assert percentiles(list(range(1, 102))) == Percentiles(51.0, 96.0, 101.0)
    assert percentiles([7.123456]) == Percentiles(7.12, 7.12, 7.12)
    assert percentiles([]) is None


def test_latency_is_publication_minus_stamp_of_each_message():
    assert topic([10**18, 10**18 + 5], [12.5, 80.0]).latencies_ms == pytest.approx([12.5, 80.0])


def test_the_summary_has_what_its_readers_rely_on():
    summary = summarise(recording(pairs=100, results=98), RUN)
    assert SUMMARY.read(json.loads(json.dumps(SUMMARY.write(summary)))) == summary
    assert summary.pairs_published == 100
    assert summary.pairs_matched == 100
    assert summary.results_published == 98
    assert summary.dropped == 2
    assert summary.latency_ms == Percentiles(49.5, 93.15, 98.0)
    assert summary.engine_ms == StageTimes(40.1, 55.2)
    assert summary.backend == "onnxruntime CPUExecutionProvider"
    assert summary.model == "realtime"
    assert summary.topics["fusion/image"].messages == 98
    assert summary.topics["fusion/image"].rate_hz == 10.0
    assert summary.topics["thermal/image_raw"].mean_bytes == 100
    assert {"fusion_perception", "python", "numpy"} <= set(summary.versions)


def test_a_pair_is_published_when_both_of_its_images_are():
    document = recording(pairs=10, results=10)
    thermal = replace(document.topics["thermal/image_raw"], messages=7)
    document = replace(document, topics={**document.topics, "thermal/image_raw": thermal})
    assert summarise(document, RUN).pairs_published == 7


def test_messages_that_the_recorder_missed_are_still_counted():
    document = recording(pairs=95, results=90, matched=100)
    document = replace(document, diagnostics={**document.diagnostics, "results": "97"})
    summary = summarise(document, replace(RUN, replayed=(100, 100)))
    assert summary.pairs_published == 100
    assert summary.results_published == 97
    assert summary.results_recorded == 90


@pytest.mark.parametrize("replayed", [(100, 0), (0, 100)])
def test_a_source_with_one_camera_has_not_failed(replayed):
    document = recording(pairs=100, results=91, matched=0)
    silent = "thermal/image_raw" if replayed[0] == 0 else "rgb/image_raw"
    topics = {name: item for name, item in document.topics.items() if name != silent}
    node = {**document.diagnostics, "frames_alone": "91", f"received_{silent.partition('/')[0]}": "0"}
    summary = summarise(replace(document, topics=topics, diagnostics=node), replace(RUN, replayed=replayed))
    assert (summary.pairs_published, summary.pairs_received, summary.pairs_matched) == (100, 100, 91)
    state, sentence = verdict(summary)
    assert state == NOTE
    assert "one camera: 91 results rest on its 100 images alone" in sentence


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
    received = {"received_thermal": "84", "received_rgb": "90"}
    document = replace(document, diagnostics={**document.diagnostics, **received})
    summary = summarise(document, RUN)
    assert summary.pairs_received == 84
    state, sentence = verdict(summary)
    assert state == NOTE
    assert "16 of 100 pairs did not reach the node" in sentence


def test_the_table_survives_a_run_without_anything():
    empty = RecordingDocument(topics={}, diagnostics={})
    rows = dict(table(summarise(empty, RUN)))
    assert rows["latency, stamp to publication"] == "not measured"
    assert rows["pairs published"] == "0"


def test_the_summary_keeps_the_keys_that_it_always_had():
    values = SUMMARY.write(summarise(recording(), RUN))
    for key in ("source", "rate", "middleware", "ros_domain", "processes", "warnings", "duration_s", "files"):
        assert key in values, "what the demonstration knows stands beside the figures"
    assert (values["schema"], values["schema_version"]) == ("fusion_perception.demo", 1)


def test_documents_of_the_first_version_which_did_not_say_what_they_are():
    for schema, document in ((SUMMARY, summarise(recording(), RUN)), (RECORDING, recording())):
        values = schema.write(document)
        del values["schema"], values["schema_version"]
        assert schema.read(values) == document


FAULTS = {
    "newer": (lambda d: d.update(schema_version=2), "schema 2, this package reads up to 1; update fusion_perception"),
    "no text": (lambda d: d["diagnostics"].update(model=3), "diagnostics.model is 3; allowed: a text"),
    "no stamp": (
        lambda d: d["topics"]["fusion/image"]["stamps_ns"].append(0.5),
        r"topics.fusion/image.stamps_ns\[100\] is 0.5; allowed: a whole number",
    ),
    "half of it": (lambda d: d.pop("topics"), "topics is missing; run the demonstration again"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_damaged_recording_is_refused_with_place_and_value(fault):
    edit, says = FAULTS[fault]
    values = RECORDING.write(recording())
    edit(values)
    with pytest.raises(DataError, match=says):
        RECORDING.read(values)
