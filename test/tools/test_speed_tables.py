# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What the documents say of speed is what was measured."""

import json

import pytest

from fusion_perception.errors import DataError
from tools.speed_tables import DOCUMENTS, MEASURED, ROOT, updated


def test_the_documents_have_the_figures_of_the_benchmark():
    for path, text in updated().items():
        assert text == (ROOT / path).read_text(encoding="utf-8"), "run: python -m tools.speed_tables"


@pytest.fixture
def copy(tmp_path):
    """The benchmark, and documents with empty places."""
    for path, name in DOCUMENTS.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(f"<!-- speed {name} -->\n<!-- end -->\n")
    measured = tmp_path / MEASURED
    measured.parent.mkdir(parents=True)
    measured.write_text((ROOT / MEASURED).read_text())
    return tmp_path


def change(copy, edit):
    document = json.loads((copy / MEASURED).read_text())
    edit(document["results"])
    (copy / MEASURED).write_text(json.dumps(document))


def test_another_benchmark_gives_other_figures(copy):
    def edit(results):
        for result in results:
            result["latency_ms"]["p50"] = 70.0 + 7 * result["attribution"]

    change(copy, edit)
    texts = updated(copy)
    assert "`realtime` takes 70 ms" in texts["README.md"]
    assert "77 ms with attribution" in texts["README.md"]
    assert "| 70.0 " in texts["docs/performance.md"]


def test_a_benchmark_without_the_shipped_model_is_refused(copy):
    change(copy, lambda results: results.clear())
    with pytest.raises(DataError, match=r"has no row of realtime\.onnx without attribution"):
        updated(copy)
