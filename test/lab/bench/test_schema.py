# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Documents that are written keep to the schema, those that do not are refused, and those kept still fit."""

import copy
import json
from pathlib import Path

import pytest

from fusion_perception.errors import DataError
from fusion_perception.lab.bench.schema import read_document, validate

KEPT = sorted((Path(__file__).parents[3] / "docs" / "benchmarks").glob("*.json"))


def test_a_run(document):
    validate(document)
    validate(json.loads(json.dumps(document)))
    assert len(document["results"]) == 2
    assert document["comparison"] is None


def test_a_comparison(comparison):
    validate(json.loads(json.dumps(comparison)))
    assert comparison["results"] == []


@pytest.mark.parametrize("path", KEPT, ids=lambda p: p.name)
def test_kept_documents(path):
    document = read_document(path)
    assert document["results"] or document["comparison"]


def without(key):
    return lambda d: d.pop(key)


FAULTS = {
    "no schema": (without("schema"), "this is no benchmark document"),
    "newer": (lambda d: d.update(schema_version=2), "schema 2; this package reads 1"),
    "missing key": (without("machine"), "it lacks or has too much: machine"),
    "extra key": (lambda d: d.update(colour=1), "it lacks or has too much: colour"),
    "deep missing key": (lambda d: d["results"][1]["latency_ms"].pop("p95"), r"results\[1\].latency_ms lacks .*: p95"),
    "wrong type": (lambda d: d["results"][0].update(backend=3), r"results\[0\].backend is int, not str"),
    "a truth is no number": (lambda d: d["settings"].update(threads=True), "settings.threads is bool, not int"),
    "no array": (lambda d: d.update(results={}), "results is dict, not an array"),
    "no object": (lambda d: d.update(machine=[]), "machine is list, not an object"),
    "half a roofline": (lambda d: d["results"][0]["roofline"].pop("efficiency"), "roofline lacks .*: efficiency"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_named(document, fault):
    edit, says = FAULTS[fault]
    damaged = copy.deepcopy(document)
    edit(damaged)
    with pytest.raises(DataError, match=says):
        validate(damaged)


@pytest.mark.parametrize("content", ["", "[", "[]", "{}", "null", "[" * 100000])
def test_other_files(tmp_path, content):
    path = tmp_path / "other.json"
    path.write_text(content)
    with pytest.raises(DataError, match="no benchmark document"):
        read_document(path)
