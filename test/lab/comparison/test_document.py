# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import json
from pathlib import Path

import pytest

from fusion_perception.errors import DataError
from fusion_perception.lab.comparison.document import COMPARISON
from fusion_perception.lab.comparison.tables import comparison_tables

KEPT = sorted((Path(__file__).parents[3] / "docs" / "comparisons").glob("*.json"))


@pytest.mark.parametrize("path", KEPT, ids=lambda p: p.name)
def test_kept_documents_are_written_as_they_were(path):
    document = COMPARISON.read_file(path)
    assert json.dumps(COMPARISON.write(document), indent=1) + "\n" == path.read_text()
    first, fusion, *_ = comparison_tables(document)
    assert [row[0] for row in first.rows] == [row.name for row in document.methods]
    assert len(fusion.rows) == 3 * len(document.methods)


def test_there_are_kept_documents():
    assert KEPT


FAULTS = {
    "newer": (lambda d: d.update(schema_version=2), "schema 2, this package reads up to 1; update fusion_perception"),
    "of another kind": (lambda d: d.update(schema="x"), "no comparison: its 'schema' is 'x'"),
    "no methods": (lambda d: d.pop("methods"), "methods is missing; run the comparison again"),
    "no number": (
        lambda d: d["methods"][0]["cost"].update(flops=None),
        r"methods\[0\].cost.flops is null; allowed: a w",
    ),
    "unknown": (lambda d: d["methods"][1].update(rank=1), r"methods\[1\].rank is not known; allowed: name, networks"),
    "no network": (
        lambda d: d["methods"][0]["networks"].update(fuser="x"),
        r"methods\[0\].networks.fuser is 'x'; allowed: an object",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_damaged_document_is_refused_with_place_and_value(fault):
    edit, says = FAULTS[fault]
    values = json.loads(KEPT[0].read_text())
    edit(values)
    with pytest.raises(DataError, match=says):
        COMPARISON.read(values)
