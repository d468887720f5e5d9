# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""ARCHITECTURE.md tells how the house is; what it says about adding to it is done here, on a copy."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "fusion_perception"
DOCUMENT = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")


def contracted_layers():
    """The layers of the contract 'floors', one a line."""
    listed = re.search(r"^layers = \[\n(.*?)^\]", (ROOT / "pyproject.toml").read_text(), re.MULTILINE | re.DOTALL)
    return re.findall(r'"(.+)"', listed.group(1))


def test_the_layers_are_those_that_lint_checks():
    told = re.search(r"<!-- layers -->\n```\n(.*?)```\n<!-- end -->", DOCUMENT, re.DOTALL).group(1)
    assert told.splitlines() == contracted_layers(), "copy the layers of pyproject.toml into ARCHITECTURE.md"


def items():
    """The numbered and dashed items of the document, each as one line."""
    found = re.split(r"\n(?=\d+\. |- |\n|#)", re.sub(r"^```.*?^```", "", DOCUMENT, flags=re.MULTILINE | re.DOTALL))
    return [" ".join(item.split()) for item in found if re.match(r"\d+\. |- ", item)]


def held_by(path):
    """The text of a file, or of all files of a folder."""
    place = next(base / path for base in (PACKAGE, ROOT) if (base / path).exists())
    files = place.rglob("*.py") if place.is_dir() else [place]
    return "".join(file.read_text(encoding="utf-8") for file in files)


def test_files_hold_the_names_that_are_said_of_them():
    checked = 0
    for item in items():
        quoted = re.findall(r"`([^`]+)`", item)
        text = "".join(held_by(path) for path in quoted if re.fullmatch(r"[\w./]+(\.py|/)", path))
        names = [name for name in quoted if re.fullmatch(r"[A-Za-z_]\w*", name)] if text else []
        missing = [name for name in names if not re.search(rf"\b{name}\b", text)]
        assert not missing, f"{missing} is in none of the files named in: {item}"
        checked += len(names)
    assert checked >= 15


def test_every_room_is_told_of():
    rooms = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()}
    rooms |= {f"lab/{path.name}" for path in (PACKAGE / "lab").iterdir() if (path / "__init__.py").is_file()}
    table = DOCUMENT.split("| room |")[1].split("\n\n")[0]
    assert rooms - {"lab"} <= {room.rstrip("/") for room in re.findall(r"`([\w/]+)/`", table)}


def test_every_node_of_a_diagram_that_names_a_file_names_one_that_exists():
    diagrams = "".join(re.findall(r"```mermaid\n(.*?)```", DOCUMENT, re.DOTALL))
    named = set(re.findall(r"[\"(]([\w/]+(?:\.py|/))<br>", diagrams))
    assert len(named) >= 10
    assert not [name for name in named if not (PACKAGE / name).exists()]


def test_encodings_stand_in_the_table_of_the_document():
    from fusion_perception.ros.encodings import RGB_ENCODINGS, THERMAL_ENCODINGS

    chapter = (ROOT / "docs" / "node.md").read_text(encoding="utf-8").split("## Encodings")[1].split("\n## ")[0]
    told = set(re.findall(r"`([^`]+)`", chapter))
    told |= {f"bayer_{pattern}16" for pattern in ("rggb", "bggr", "gbrg", "grbg") if "bayer_…16" in told}
    assert {*RGB_ENCODINGS, *THERMAL_ENCODINGS} <= told


# Adding to a copy of the package --------------------------------------------------------------------------------


@pytest.fixture
def copy(tmp_path):
    """A copy of the package, to be edited, and what runs Python with it."""
    shutil.copytree(PACKAGE, tmp_path / "fusion_perception", ignore=shutil.ignore_patterns("__pycache__"))

    class Copy:
        @staticmethod
        def insert(path, after, line):
            file = tmp_path / "fusion_perception" / path
            text = file.read_text(encoding="utf-8")
            assert text.count(after) == 1, f"{path} has no single line {after!r} any more"
            file.write_text(text.replace(after, f"{after}{line}"), encoding="utf-8")

        @staticmethod
        def write(path, text):
            (tmp_path / "fusion_perception" / path).write_text(text, encoding="utf-8")

        @staticmethod
        def run(code):
            environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}", "OMP_NUM_THREADS": "1"}
            process = subprocess.run(
                [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
            )
            assert process.returncode == 0, process.stderr
            return process.stdout

    return Copy


def test_an_encoding_is_one_row(copy):
    copy.insert("ros/encodings.py", "THERMAL_ENCODINGS: dict[str, Encoding] = {\n", '    "mono12": _GREY16,\n')
    printed = copy.run(
        "import numpy as np\n"
        "from fusion_perception.ros.conversion import thermal_from_message\n"
        "from test.ros.messages import image_message\n"
        "image = thermal_from_message(image_message(np.full((4, 6), 4000, np.uint16), 'mono12'))\n"
        "print(image.dtype, image.shape, image.max())\n"
    )
    assert printed.split() == ["uint16", "(4,", "6)", "4000"]


def test_a_backend_is_one_row(copy):
    pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
    copy.insert("engine/open.py", "_BACKENDS = {\n", '    "mirror": Backend(OnnxRuntimeEngine, {"provider": "cpu"}),\n')
    printed = copy.run(
        "from fusion_perception.engine import open_engine\n"
        "from fusion_perception.ros.parameters import FUSION_PARAMETERS\n"
        f"engine = open_engine({str(ROOT / 'models' / 'realtime.onnx')!r}, 'mirror', threads=1)\n"
        "choices = next(spec.choices for spec in FUSION_PARAMETERS if spec.name == 'backend')\n"
        "print(engine.info.metadata.name, 'mirror' in choices)\n"
    )
    assert printed.split() == ["realtime", "True"]


def test_a_method_is_one_file_and_its_name(copy):
    pytest.importorskip("torch", reason="training needs PyTorch")
    text = (PACKAGE / "lab/training/recipes/tdfusion.py").read_text(encoding="utf-8")
    copy.write("lab/training/recipes/mine.py", text.replace('Recipe("tdfusion"', 'Recipe("mine"'))
    copy.insert("lab/training/choices.py", "RECIPES = (", '"mine", ')
    printed = copy.run(
        "import argparse\n"
        "from fusion_perception.cli import train\n"
        "from fusion_perception.lab.training.recipes.recipe import RecipeOptions, StageContext\n"
        "from fusion_perception.lab.training.recipes.registry import get_recipe\n"
        "parser = argparse.ArgumentParser()\n"
        "train.add_arguments(parser)\n"
        "recipe = get_recipe(parser.parse_args(['mine']).recipe)\n"
        "strategy = recipe.stages(RecipeOptions('smoke'))[0].build(StageContext())\n"
        "print(recipe.name, type(strategy).__name__)\n"
    )
    assert printed.split() == ["mine", "MetaStrategy"]
