# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tables of a document that a tool writes, between ``<!-- KIND NAME -->`` and ``<!-- end -->``."""

from __future__ import annotations

import re
from collections.abc import Mapping

from fusion_perception.errors import DataError


def with_tables(text: str, kind: str, tables: Mapping[str, str]) -> str:
    """Return a document with its tables brought up to date.

    Args:
        text: the document.
        kind: first word of the markers.
        tables: second word of the markers -> what stands between them.

    Raises:
        DataError: a table has no place in the document, or several.
    """
    for name, table in tables.items():
        pattern = re.compile(rf"(<!-- {kind} {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        text, found = pattern.subn(lambda match, table=table: match[1] + table + "\n" + match[2], text)  # type: ignore[misc]
        if found != 1:
            raise DataError(f"the document has {found} places marked '<!-- {kind} {name} -->'; it needs one")
    return text
