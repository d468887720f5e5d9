# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What MkDocs needs to know of this repository (``hooks`` of mkdocs.yml): pages that lie beside ``docs/``.

Links in documents name files as they lie in a checkout, ``../models/realtime.md``. On the site ``docs/`` is the top and
the README its first page, so the pages beside it move, and the links to and from them.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

BESIDE = ("README.md", "models/*.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")
"""Pages of the site that lie outside of ``docs/``."""

_LINK = re.compile(r"(?<=\]\()[^)\s]+(?=\))")
_FENCE = re.compile(r"(^```.*?^```)", re.MULTILINE | re.DOTALL)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that lie beside ``docs/``."""
    from mkdocs.structure.files import File

    root = Path(config.docs_dir).parent
    for path in sorted(path for pattern in BESIDE for path in root.glob(pattern)):
        files.append(File.generated(config, site_place(path.relative_to(root).as_posix()), abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, *, page: Any, config: MkDocsConfig, **_: object) -> str:
    """Return a page with its links to where their targets lie on the site."""
    root = Path(config.docs_dir).parent
    return moved_links(markdown, Path(page.file.abs_src_path).relative_to(root).as_posix())


def site_place(path: str) -> str:
    """Return where a file of the repository lies on the site; both below their tops."""
    return "index.md" if path == "README.md" else path.removeprefix("docs/")


def moved_links(markdown: str, path: str) -> str:
    """Return a page with its links to where their targets lie on the site; blocks of code stay as they are.

    Args:
        markdown: the page, as it lies in the repository.
        path: where, for example ``"docs/models.md"``.
    """
    folder, site_folder = posixpath.dirname(path), posixpath.dirname(site_place(path))

    def moved(link: re.Match[str]) -> str:
        target, mark, anchor = link[0].partition("#")
        if not target or "://" in target:
            return link[0]
        there = site_place(posixpath.normpath(posixpath.join(folder, target)))
        return posixpath.relpath(there, site_folder or ".") + mark + anchor

    parts = _FENCE.split(markdown)  # prose and blocks of code in turns
    return "".join(part if number % 2 else _LINK.sub(moved, part) for number, part in enumerate(parts))
