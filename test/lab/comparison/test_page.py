# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of a comparison's page: every method in its charts and tables, the pictures inside."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("jinja2", reason="pages are made by jinja2")

from fusion_perception.lab.comparison.document import COMPARISON
from fusion_perception.lab.comparison.grid import PairPictures
from fusion_perception.lab.comparison.page import write_comparison_page
from fusion_perception.lab.comparison.tables import comparison_tables
from fusion_perception.labels import MSRS9

DOCUMENT = Path(__file__).parents[3] / "docs" / "comparisons" / "cpu-budget.json"


def test_the_published_comparison_as_a_page(tmp_path):
    document = COMPARISON.read_file(DOCUMENT)
    page = tmp_path / "report.html"
    grey, colour = np.full((20, 30), 90, np.uint8), np.full((20, 30, 3), 90, np.uint8)
    made = {row.name: colour for row in document.methods}
    pairs = [PairPictures(name, grey, colour, colour, made, made) for name in ("a", "<b>")]
    write_comparison_page(page, document, comparison_tables(document), pairs, MSRS9)
    text = page.read_text(encoding="utf-8")
    for row in document.methods:
        assert f"<title>{row.name}: {row.fusion['all']['VIF']:.3f}" in text
        assert f"<td>{row.name}</td>" in text
    assert all(table.title in text for table in comparison_tables(document))
    assert 'src="data:image/jpeg;base64,' in text and "IoU of the objects" in text
    assert "https://" not in text and "<b>" not in text and "car_stop" in text
