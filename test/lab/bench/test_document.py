# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Documents that are written are read again, damaged ones are refused, and those kept still fit."""

import json
from pathlib import Path

import pytest

from fusion_perception.errors import DataError
from fusion_perception.lab.bench.document import BENCH

KEPT = sorted((Path(__file__).parents[3] / "docs" / "benchmarks").glob("*.json"))


def test_a_run(document, values):
    assert BENCH.read(json.loads(json.dumps(values))) == document
    assert len(document.results) == 2
    assert document.comparison is None


def test_a_comparison(comparison, compared):
    assert BENCH.read(json.loads(json.dumps(compared))) == comparison
    assert comparison.results == ()


@pytest.mark.parametrize("path", KEPT, ids=lambda p: p.name)
def test_kept_documents_are_written_as_they_were(path):
    document = BENCH.read_file(path)
    assert document.results or document.comparison
    assert json.dumps(BENCH.write(document), indent=1) + "\n" == path.read_text()


def test_there_are_kept_documents():
    assert KEPT


def without(key):
    return lambda d: d.pop(key)


FAULTS = {
    "no schema": (without("schema"), "this is no benchmark document: its 'schema' is missing"),
    "another schema": (lambda d: d.update(schema="x"), "its 'schema' is 'x', not 'fusion_perception.bench'"),
    "newer": (lambda d: d.update(schema_version=2), "schema 2, this package reads up to 1; update fusion_perception"),
    "no version": (without("schema_version"), "schema_version None; allowed: 1 to 1; run the benchmark again"),
    "missing key": (without("machine"), "machine is missing; run the benchmark again"),
    "extra key": (lambda d: d.update(colour=1), "colour is not known; allowed: schema, schema_version, created"),
    "deep missing key": (lambda d: d["results"][1]["latency_ms"].pop("p95"), r"results\[1\].latency_ms.p95 is missing"),
    "wrong type": (lambda d: d["results"][0].update(backend=3), r"results\[0\].backend is 3; allowed: a text"),
    "a truth is no number": (
        lambda d: d["settings"].update(threads=True),
        "settings.threads is true; allowed: a whole number",
    ),
    "negative": (
        lambda d: d["results"][0].update(flops=-1),
        r"results\[0\].flops is -1; allowed: a whole number from 0",
    ),
    "no array": (lambda d: d.update(results={}), "results is an object; allowed: a list"),
    "no object": (lambda d: d.update(machine=[]), "machine is a list of 0; allowed: an object"),
    "half a roofline": (
        lambda d: d["results"][0]["roofline"].pop("efficiency"),
        r"results\[0\].roofline.efficiency is missing",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_named(values, fault):
    edit, says = FAULTS[fault]
    edit(values)
    with pytest.raises(DataError, match=says):
        BENCH.read(values)


@pytest.mark.parametrize("content", ["", "[", "[]", "{}", "null", "[" * 100000])
def test_other_files(tmp_path, content):
    path = tmp_path / "other.json"
    path.write_text(content)
    with pytest.raises(DataError, match=r"other\.json.* is no benchmark document"):
        BENCH.read_file(path)
