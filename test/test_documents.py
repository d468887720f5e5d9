# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What the documents name is there, and the version is the same everywhere."""

import re
from pathlib import Path

import pytest

import fusion_perception

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "models").glob("*.md")])
BASES = (ROOT, ROOT / "fusion_perception")
"""Where a path in a document may start: at the top, or inside the package."""

_SUFFIXES = "cff|cfg|jpg|json|md|onnx|py|rviz|safetensors|toml|xml|yaml"
_DATA = (".json", ".onnx", ".safetensors")
"""Files that commands of ours make: without a folder in front, such a name is none of this repository."""
_MADE = {"calibration.yaml", "rgb.yaml", "thermal.yaml", "comparison.md", "crossvalidation.md"}
_THEIRS = {"data.yaml", "annotations/instances_default.json", "video_rgb_test/coco.json"}
"""Files that users bring."""


def tokens(text: str) -> list[str]:
    """Words between backticks that stand outside of blocks of code, and the targets of links."""
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    words = [word for quoted in re.findall(r"`([^`\n]+)`", prose) for word in quoted.split()]
    links = [target.split("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", prose) if "://" not in target]
    return [*words, *(link for link in links if link)]


def named_paths(text: str) -> set[str]:
    """Paths that a document says are in this repository."""
    folders = {path.name for base in BASES for path in base.iterdir() if path.is_dir()} - {"out"}  # commands make it
    rooms = "|".join(sorted(map(re.escape, folders)))
    pattern = re.compile(rf"(?:(?:{rooms})/[\w./-]*|[\w./-]*\w\.(?:{_SUFFIXES}))")
    found = {token for token in tokens(text) if pattern.fullmatch(token)} - _MADE - _THEIRS
    return {path for path in found if "/" in path or not path.endswith(_DATA)}


def exists(path: str, document: Path) -> bool:
    if "/" not in path and any(ROOT.glob(f"[!.]*/**/{path}")):  # a file that is known by its name
        return True
    return any((base / path).exists() for base in (*BASES, document.parent))


def test_paths_are_found_in_prose():
    text = (
        "See `engine/open.py`, `docs/`, [it](docs/node.md#x) and `out/demo/report.html`.\n```\nmake `docs/no.md`\n```\n"
    )
    assert named_paths(text) == {"engine/open.py", "docs/", "docs/node.md"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_path_that_is_named_exists(document):
    paths = {path for path in named_paths(document.read_text(encoding="utf-8")) if not path.startswith(("out/", "../"))}
    missing = sorted(path for path in paths if not exists(path, document))
    assert not missing, f"{document.name} names what is not there: {missing}"


def test_the_documents_name_paths():
    named = named_paths("".join(document.read_text(encoding="utf-8") for document in DOCUMENTS))
    assert len(named) > 40


def test_the_version_is_the_same_everywhere():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    released = re.findall(r"^## \[(\d[^\]]*)\] - (\d{4}-\d\d-\d\d)$", changelog, re.MULTILINE)
    assert re.findall(r"^version: (.+)$", citation, re.MULTILINE) == [fusion_perception.__version__] == [released[0][0]]
    assert re.findall(r'^date-released: "(.+)"$', citation, re.MULTILINE) == [released[0][1]]
    numbers = [tuple(map(int, version.split("."))) for version, _ in released]
    assert numbers == sorted(numbers, reverse=True)


def test_the_citation_names_the_paper_of_every_published_method():
    from fusion_perception.lab.training.choices import PUBLISHED

    named = re.findall(r"^    abbreviation: (.+)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE)
    assert {name.lower() for name in named} == set(PUBLISHED)


def test_contributing_lists_the_targets_of_the_makefile():
    targets = re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `make ([a-z]+)` ", contributing, re.MULTILINE) != []
    assert set(re.findall(r"^\| `make ([a-z]+)` ", contributing, re.MULTILINE)) == set(targets)
