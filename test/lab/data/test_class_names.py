# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from fusion_perception.lab.data.class_names import DOUBTFUL, ClassMatch, match_class
from fusion_perception.labels import FMB15, LABEL_SETS, MSRS9, get_label_set

DOCUMENT = Path(__file__).parents[3] / "docs" / "training.md"


def table() -> list[tuple[list[str], list[str], list[str]]]:
    """Rows of the table of names: (names, label sets, what they mean there)."""
    lines = DOCUMENT.read_text(encoding="utf-8").split("\n")
    start = next(i for i, line in enumerate(lines) if line.startswith("| name in the file"))
    heads = [cell.strip().removeprefix("in ").strip("`") for cell in lines[start].strip("|").split("|")][1:]
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        names, *meanings = (cell.strip() for cell in line.strip("|").split("|"))
        rows.append((names.split(", "), heads, meanings))
    return rows


def test_the_table_of_the_documents_is_what_happens():
    rows = table()
    assert len(rows) >= 12
    for names, sets, meanings in rows:
        assert set(sets) == set(LABEL_SETS)
        for name in names:
            for labels, meaning in zip(sets, meanings, strict=True):
                label, _, part = meaning.partition(", ")
                if label == DOUBTFUL:
                    wanted = ClassMatch(DOUBTFUL)
                else:
                    wanted = ClassMatch(None) if label == "–" else ClassMatch(label, not part)
                assert match_class(name, get_label_set(labels)) == wanted, (name, labels)


@pytest.mark.parametrize("name", ["Pedestrians", "PERSON", "per son", "  people ", "Hu-mans", "person_"])
def test_spelling(name):
    known = name not in ("per son", "Hu-mans")
    assert match_class(name, MSRS9) == (ClassMatch("person", True) if known else ClassMatch(None))


def test_names_of_the_label_set_come_first():
    for labels in LABEL_SETS.values():
        for name in labels.names[1:]:
            assert match_class(name.upper().replace("_", " "), labels) == ClassMatch(name, True)
        assert match_class(labels.names[0], labels) == ClassMatch(None)


def test_some_things_of_a_class_are_not_all_of_it():
    assert match_class("bus", MSRS9) == ClassMatch("car", False)
    assert match_class("buses", FMB15) == ClassMatch("bus", True)
    assert match_class("other vehicle", MSRS9) == ClassMatch("car", False)
    assert match_class("dog", MSRS9) == ClassMatch(None)
    assert match_class("", MSRS9) == ClassMatch(None)
