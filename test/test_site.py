# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The site of the documents (``make docs`` builds it, and checks its links)."""

from pathlib import Path

import pytest

from tools.site_pages import BESIDE, site_place

ROOT = Path(__file__).resolve().parents[1]
yaml = pytest.importorskip("yaml", reason="PyYAML is not installed (make test installs it)")


def settings():
    return yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))


def pages(nav):
    """The pages of a navigation, in order."""
    for entry in nav:
        content = next(iter(entry.values())) if isinstance(entry, dict) else entry
        yield from pages(content) if isinstance(content, list) else [content]


def test_every_page_is_in_the_navigation_once():
    there = {*(ROOT / "docs").glob("*.md"), *(path for pattern in BESIDE for path in ROOT.glob(pattern))}
    named = list(pages(settings()["nav"]))
    assert sorted(named) == sorted(site_place(path.relative_to(ROOT).as_posix()) for path in there)


def test_dead_links_and_forgotten_pages_end_the_build():
    checked = settings()["validation"]
    assert checked == dict.fromkeys(("omitted_files", "absolute_links", "unrecognized_links", "anchors"), "warn")
    assert "mkdocs build --strict" in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_nothing_is_fetched_from_elsewhere():
    assert settings()["theme"]["font"] is False
    for style in settings()["extra_css"]:
        assert "url(" not in (ROOT / "docs" / style).read_text(encoding="utf-8")
    assert not {"extra_javascript", "extra"} & settings().keys()
