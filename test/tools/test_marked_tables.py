# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import pytest

from fusion_perception.errors import DataError
from tools.marked_tables import with_tables

TEXT = "before\n<!-- kind one -->\nold\n<!-- end -->\nbetween\n<!-- kind two -->\nold\n<!-- end -->\nafter\n"


def test_tables_go_between_their_markers():
    found = with_tables(TEXT, "kind", {"one": r"new \1", "two": "newer"})
    expected = TEXT.replace("one -->\nold", "one -->\n" + r"new \1").replace("two -->\nold", "two -->\nnewer")
    assert found == expected


@pytest.mark.parametrize(("text", "count"), [("nothing", 0), (TEXT + TEXT, 2)])
def test_each_table_has_one_place(text, count):
    with pytest.raises(DataError, match=f"{count} places marked '<!-- kind one -->'; it needs one"):
        with_tables(text, "kind", {"one": "new"})
