# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Links in the documents lead somewhere: files of the repository, and headings of its documents."""

import re
import unicodedata
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "models").glob("*.md")])


def prose(text):
    """A document without its blocks of code and what stands between backticks."""
    return re.sub(r"`[^`\n]+`", "`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))


def links(text):
    """Targets that are no addresses of the web."""
    text = prose(text)
    found = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r"""(?:src|href)=["']([^"']+)["']""", text)
    return [target for target in found if "://" not in target and not target.startswith("mailto:")]


def anchors(text):
    """The names that headings can be reached by in a checkout and on the site alike."""
    titles = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    return {github for title in titles if (github := github_anchor(title)) == site_anchor(title)}


def github_anchor(title):
    return re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-")


def site_anchor(title):
    """As Python-Markdown does it, of which MkDocs is made."""
    ascii_only = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", ascii_only).strip().lower())


@cache
def anchors_of(path):
    return anchors(path.read_text(encoding="utf-8"))


def dead(document, target):
    """Say what is wrong with a link, or nothing."""
    name, _, anchor = target.partition("#")
    path = (document.parent / name).resolve() if name else document
    if not path.is_relative_to(ROOT) or name.startswith("/"):
        return f"{target} leads out of the repository"
    if not path.exists():
        return f"there is no {name}"
    if anchor and path.suffix == ".md" and anchor not in anchors_of(path):
        return f"{path.name} has no heading {anchor!r}; it has {sorted(anchors_of(path))}"
    return ""


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document):
    targets = links(document.read_text(encoding="utf-8"))
    assert [sentence for target in targets if (sentence := dead(document, target))] == []


def test_there_are_links():
    assert sum(len(links(document.read_text(encoding="utf-8"))) for document in DOCUMENTS) > 80


def test_dead_links_are_found(tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    (tmp_path / "docs").mkdir()
    page = tmp_path / "docs" / "page.md"
    page.write_text("# One thing\n\n## What `it` is\n\n```\n# no heading, [no](link.md)\n```\n`[no](link.md)`\n")
    (tmp_path / "top.md").write_text("[a](docs/page.md#what-it-is) <img src='docs/picture.png'>\n")
    assert links(page.read_text()) == []
    assert links((tmp_path / "top.md").read_text()) == ["docs/page.md#what-it-is", "docs/picture.png"]
    sentences = {
        "docs/page.md#what-it-is": "",
        "#one-thing": "",
        "docs": "",
        "docs/picture.png": "there is no docs/picture.png",
        "docs/page.md#no-heading-nolinkmd": "has no heading",
        "../elsewhere.md": "leads out of the repository",
        "/docs/page.md": "leads out of the repository",
    }
    for target, sentence in sentences.items():
        found = dead(page if target.startswith("#") else tmp_path / "top.md", target)
        assert sentence in found if sentence else found == "", target


def test_headings_whose_names_differ_between_checkout_and_site_cannot_be_linked():
    assert anchors("# Up & down\n## Größe\n### `process`, and more\n") == {"process-and-more"}
