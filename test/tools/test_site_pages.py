# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Links of the documents, as they are on the site."""

import pytest

from tools.site_pages import moved_links, site_place


@pytest.mark.parametrize(
    ("page", "link", "moved"),
    [
        ("README.md", "docs/node.md#pairing", "node.md#pairing"),
        ("README.md", "docs/demo.webp", "demo.webp"),
        ("README.md", "CONTRIBUTING.md", "CONTRIBUTING.md"),
        ("docs/node.md", "folders.md", "folders.md"),
        ("docs/models.md", "../models/realtime.md", "models/realtime.md"),
        ("docs/install.md", "../README.md#what-you-get", "index.md#what-you-get"),
        ("models/realtime.md", "../docs/node.md", "../node.md"),
        ("models/realtime.md", "quality.md", "quality.md"),
        ("docs/node.md", "#pairing", "#pairing"),
        ("docs/node.md", "https://semver.org", "https://semver.org"),
    ],
)
def test_links_move_with_their_pages(page, link, moved):
    assert moved_links(f"see [it]({link}), yes", page) == f"see [it]({moved}), yes"


def test_blocks_of_code_stay():
    text = "[a](docs/a.md)\n```\n[a](docs/a.md)\n```\n[b](docs/b.md)\n"
    assert moved_links(text, "README.md") == "[a](a.md)\n```\n[a](docs/a.md)\n```\n[b](b.md)\n"


def test_the_readme_is_the_first_page():
    assert site_place("README.md") == "index.md"
    assert site_place("docs/node.md") == "node.md"
    assert site_place("models/quality.md") == "models/quality.md"
