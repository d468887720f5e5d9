# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The README, which comes first: short, in the order of a first hour, and true."""

import re
from pathlib import Path

import pytest

from fusion_perception.cli.main import VERBS
from fusion_perception.outputs import OUTPUTS, result_topics

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_it_is_short_and_follows_the_first_hour():
    assert len(README.splitlines()) <= 200
    assert re.findall(r"^## (.+)$", README, re.MULTILINE) == [
        "60 seconds to the first picture",
        "Ten minutes to your own cameras",
        "What you get",
        "Limits",
        "Documentation",
        "Licence",
    ]
    top = README.split("## Ten minutes")[0]
    assert "make demo" in top
    assert "make test" in top


def test_the_moving_picture_moves_and_is_small():
    (name,) = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README.split("\n## ")[0])
    data = (ROOT / name).read_bytes()
    assert (data[:4], data[8:12]) == (b"RIFF", b"WEBP")
    assert data.count(b"ANMF") >= 10, "it is no animation"
    assert len(data) < 2_000_000


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_files_and_verbs_that_are_named_exist(path):
    text = path.read_text(encoding="utf-8")
    for name in re.findall(r"`((?:config|launch|models|docs)/[\w./-]+\w)`", text):
        assert (ROOT / name).exists(), f"{path.name} names {name}"
    for verb in re.findall(r"fusion-perception ([a-z]+(?:-[a-z]+)*)", text):
        assert verb in VERBS, f"{path.name} names the verb {verb}"


def test_every_page_is_named():
    for page in PAGES[1:]:
        assert f"(docs/{page.name})" in README, f"the README's Documentation does not name docs/{page.name}"


def test_topics_that_it_names_are_there():
    named = set(re.findall(r"`(fusion/[\w/]+)`", README)) - {"fusion/camera_info", "fusion/label_info"}
    assert named
    assert named <= {topic.topic for topic in result_topics(OUTPUTS)}
