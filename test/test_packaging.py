# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests that pip, colcon and the package agree about what is installed."""

import ast
import importlib
import importlib.util
import re
import runpy
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

import fusion_perception
from fusion_perception import errors
from fusion_perception.engine.backend import Backend
from fusion_perception.engine.open import _REGISTERED

ROOT = Path(__file__).parents[1]


@pytest.fixture
def metadata(monkeypatch):
    """The keyword arguments that setup.py gives to setuptools."""
    setuptools = pytest.importorskip("setuptools", reason="setuptools is not installed")
    given = {}
    monkeypatch.setattr(setuptools, "setup", lambda **keywords: given.update(keywords))
    monkeypatch.chdir(ROOT)
    runpy.run_path(str(ROOT / "setup.py"))
    return given


@pytest.fixture
def manifest():
    return ElementTree.parse(ROOT / "package.xml").getroot()  # noqa: S314 - our own file


def test_both_manifests_tell_the_same(metadata, manifest):
    assert manifest.get("format") == "3"
    for tag, key in (("name", "name"), ("version", "version"), ("description", "description"), ("license", "license")):
        assert manifest.findtext(tag) == metadata[key]
    assert metadata["version"] == fusion_perception.__version__
    assert manifest.findtext("export/build_type") == "ament_python"


def test_everything_a_ros_installation_needs_is_installed(metadata):
    files = {destination: set(sources) for destination, sources in metadata["data_files"]}
    assert files["share/ament_index/resource_index/packages"] == {"resource/fusion_perception"}
    assert files["share/fusion_perception"] == {"package.xml"}
    assert files["share/fusion_perception/launch"] == {"launch/fusion.launch.py", "launch/multi_rig.launch.py"}
    for folder in ("config", "models"):
        shipped = {str(path.relative_to(ROOT)) for path in (ROOT / folder).iterdir() if path.is_file()}
        assert files[f"share/fusion_perception/{folder}"] == shipped - {f"{folder}/.gitkeep"}
    assert all((ROOT / source).is_file() for sources in files.values() for source in sources)


def test_every_folder_with_code_is_a_package(metadata):
    folders = {path.parent.relative_to(ROOT) for path in (ROOT / "fusion_perception").rglob("*.py")}
    assert {str(folder).replace("/", ".") for folder in folders} == set(metadata["packages"])
    assert "py.typed" in metadata["package_data"]["fusion_perception"]


def test_the_templates_of_pages_are_installed(tmp_path):
    tree = tmp_path / "tree"
    ignored = shutil.ignore_patterns("__pycache__")
    for folder in ("fusion_perception", "launch", "config", "models", "resource"):
        shutil.copytree(ROOT / folder, tree / folder, ignore=ignored)
    for name in ("setup.py", "setup.cfg", "pyproject.toml", "package.xml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    command = [sys.executable, "setup.py", "--quiet", "build_py", "--build-lib", str(tmp_path / "built")]
    subprocess.run(command, cwd=tree, check=True, capture_output=True)
    templates = {str(path.relative_to(ROOT)) for path in (ROOT / "fusion_perception").rglob("*.j2")}
    assert len(templates) >= 4
    assert {str(path.relative_to(tmp_path / "built")) for path in (tmp_path / "built").rglob("*.j2")} == templates


def test_console_scripts_name_functions_that_exist(metadata):
    scripts = dict(line.split(" = ") for line in metadata["entry_points"]["console_scripts"])
    assert {"fusion_node", "replay_node", "fusion-perception"} <= set(scripts)
    for target in scripts.values():
        module, function = target.split(":")
        tree = ast.parse(Path(importlib.util.find_spec(module).origin).read_text())
        assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_registered_backends_exist(metadata):
    registered = dict(line.split(" = ") for line in metadata["entry_points"]["fusion_perception.backends"])
    assert set(registered) == set(_REGISTERED)
    for target in registered.values():
        module, name = target.split(":")
        assert isinstance(getattr(importlib.import_module(module), name), Backend)


def test_the_extras_that_messages_recommend_exist(metadata):
    for command in errors._INSTALL.values():
        if "fusion_perception[" in command:
            extra = command.partition("[")[2].partition("]")[0]
            assert extra in metadata["extras_require"]


def third_party(folder):
    """Names of the packages that the files of a folder import, or ask for by ``require``; ROS and our own left out."""
    names = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module)
            elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "require":
                names |= {argument.value for argument in node.args[:1] if isinstance(argument, ast.Constant)}
    roots = {name.partition(".")[0] for name in names} - set(sys.stdlib_module_names)
    return {DISTRIBUTIONS.get(root, root) for root in roots} - {"fusion_perception", *ROS}


DISTRIBUTIONS = {"cv2": "opencv-python-headless", "lz4": "rosbags", "zstandard": "rosbags", "yaml": "pyyaml"}
ROS = {"rclpy", "rcl_interfaces", "sensor_msgs", "std_msgs", "diagnostic_msgs"}


@pytest.mark.parametrize("floor", ["lab", "demo"])
def test_an_extra_installs_what_its_floor_imports(metadata, floor):
    installed = {re.match(r"[\w-]+", requirement)[0] for requirement in metadata["extras_require"][floor]}
    imported = third_party(ROOT / "fusion_perception" / floor)
    assert len(imported) > 2
    assert imported - {"numpy"} <= installed


def test_only_the_laboratory_installs_torch(metadata):
    with_torch = {name for name, needed in metadata["extras_require"].items() if any("torch" in n for n in needed)}
    assert with_torch == {"lab", "train", "export", "dev"}, "train and export are its names of release 0.1.0"


def test_the_base_installation_hides_nothing_of_the_system(metadata):
    names = {requirement.partition(">")[0] for requirement in metadata["install_requires"]}
    assert names == {"numpy", "setuptools"}


def test_importing_the_package_needs_neither_ros_nor_torch():
    code = (
        "import sys; sys.modules.update(dict.fromkeys(['rclpy', 'torch', 'onnx', 'onnxruntime', 'rosbags']));"
        "import fusion_perception.perceiver, fusion_perception.sync, fusion_perception.render;"
        "import fusion_perception.engine;"
        "import fusion_perception.ros.parameters, fusion_perception.ros.conversion, fusion_perception.ros.fusion_node"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_make_bench_can_count_operations_and_measure_ceilings(metadata):
    """Without 'onnx' the columns GFLOP and roofline of its table stay empty."""
    assert any(requirement.startswith("onnx>=") for requirement in metadata["extras_require"]["bench"])


def test_the_oldest_onnx_runtime_is_the_same_everywhere(metadata):
    from fusion_perception.engine.onnxruntime_engine import OLDEST

    requirement = f"onnxruntime>={OLDEST[0]}.{OLDEST[1]}"
    assert metadata["extras_require"]["onnx"] == [requirement]
    assert f'"{requirement}"' in (ROOT / "README.md").read_text(encoding="utf-8")
