# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The recipes of images, as far as that can be checked without Docker: files, packages, releases, users, linting."""

import fnmatch
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from test.test_packaging import metadata  # noqa: F401 - a fixture

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted((ROOT / "docker").glob("*.Dockerfile"))
IN_ROS_BASE = {
    *("rclpy", "rcl_interfaces", "sensor_msgs", "std_msgs", "diagnostic_msgs"),
    *("launch", "launch_ros", "ros2launch", "ros2bag"),
}
"""What package.xml needs and ros-base of every release brings along."""

KNOWN_IMAGE = re.compile(r"ros:[a-z]+-ros-(base|core)|nvcr\.io/nvidia/l4t-jetpack:r\d+\.\d+\.\d+")
HADOLINT = shutil.which("hadolint", path=f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin")


def instructions(path):
    """Instructions of a recipe, each with its arguments in one line."""
    text = re.sub(r"^#.*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE).replace("\\\n", " ")
    return [tuple(line.split(maxsplit=1)) for line in text.splitlines() if line.strip()]


def of_kind(path, kind):
    return [" ".join(text.split()) for name, text in instructions(path) if name == kind]


@pytest.fixture(params=FILES, ids=lambda path: path.name)
def recipe(request):
    return request.param


def test_there_is_one_for_a_desktop_and_one_for_a_jetson():
    assert [path.name for path in FILES] == ["desktop.Dockerfile", "jetson.Dockerfile"]


def test_it_says_at_its_head_that_it_was_not_run(recipe):
    head = recipe.read_text(encoding="utf-8").split("\nARG")[0]
    assert "NEITHER BUILT NOR RUN" in head
    assert "neither built nor run" in (ROOT / "docs/docker.md").read_text(encoding="utf-8").lower()


def sent(name):
    """Whether Docker sends a file to the build; the last pattern of .dockerignore that fits decides."""
    verdict = True
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.removeprefix("!").rstrip("/")
        if pattern.startswith("**/"):
            fits = pattern[3:] in Path(name).parts
        else:
            fits = any(fnmatch.fnmatch(part, pattern) for part in (name, *map(str, Path(name).parents)))
        if fits and not pattern.startswith("#"):
            verdict = line.startswith("!")
    return verdict


def test_files_that_are_copied_exist_and_are_sent(recipe):
    ours = [text for text in of_kind(recipe, "COPY") if not text.startswith("--from=")]
    for text in ours:
        source, _ = text.split()
        assert (ROOT / source).exists()
        assert source == "." or sent(source), f".dockerignore keeps {source} back"
    assert "docker/entrypoint.sh /entrypoint.sh" in ours
    assert (ROOT / "docker/entrypoint.sh").stat().st_mode & 0o111
    stages = {text.split(" AS ")[1] for text in of_kind(recipe, "FROM") if " AS " in text}
    copied = {text.split()[0].removeprefix("--from=") for text in of_kind(recipe, "COPY") if text.startswith("--from=")}
    assert copied <= stages


def test_what_the_package_is_built_of_is_sent_and_nothing_else(metadata):  # noqa: F811
    installed = [source for _, sources in metadata["data_files"] for source in sources]
    for name in [*installed, "setup.py", "setup.cfg", "pyproject.toml", "fusion_perception/cli/main.py"]:
        assert sent(name), f".dockerignore keeps {name} back"
    for name in (".git/config", ".venv/bin/python", "out/demo/report.html", "test/conftest.py", "notes.txt"):
        assert not sent(name), f".dockerignore sends {name}"


def test_python_packages_are_those_of_the_setup(recipe, metadata):  # noqa: F811
    known = {}
    for requirement in (r for extra in metadata["extras_require"].values() for r in extra):
        name, bound = re.match(r"([\w-]+)([^;]*)", requirement).groups()
        known[name] = bound.strip()
    known["tensorrt"] = ">=10.3"  # as engine/tensorrt_library.py asks for
    wanted = re.findall(r'"([a-z][\w-]+)(>=[\d.]+)(?:,<\d+)?"', " ".join(of_kind(recipe, "RUN")))
    assert {"onnxruntime", "rosbags", "mcap"} <= {name for name, _ in wanted}
    for name, bound in wanted:
        assert bound.startswith(known[name]) or not known[name], f"{name}: setup.py says {known[name]}"


def test_system_packages_are_those_of_the_manifest(recipe):
    manifest = ElementTree.parse(ROOT / "package.xml").getroot()  # noqa: S314 - our own file
    needed = {element.text for element in manifest.iter("exec_depend")}
    runs = " ".join(of_kind(recipe, "RUN"))
    installed = set(re.findall(r"python3-[a-z0-9-]+", runs))
    installed |= {name.replace("-", "_") for name in re.findall(r'"ros-\$\{ROS_DISTRO\}-([a-z0-9-]+)"', runs)}
    missing = needed - installed - IN_ROS_BASE
    assert not missing
    assert needed >= {"vision_msgs", "python3-opencv"}
    base = "ros_base" in installed or "-ros-base AS base" in "".join(of_kind(recipe, "FROM"))
    assert base, "ros-base brings the rest"


def test_images_are_of_a_release_that_is_supported_and_none_is_latest(recipe):
    arguments = dict(text.split("=") for text in of_kind(recipe, "ARG") if "=" in text)
    supported = re.search(r"ROS 2 ((?:[A-Z]\w+, )+[A-Z]\w+ or [A-Z]\w+)", (ROOT / "README.md").read_text())[1]
    assert arguments["ROS_DISTRO"].capitalize() in re.findall(r"\w+", supported)
    stages = set()
    for text in of_kind(recipe, "FROM"):
        image, _, stage = text.partition(" AS ")
        for name, value in arguments.items():
            image = image.replace(f"${{{name}}}", value)
        if image not in stages and not image.startswith("gpu-"):
            assert KNOWN_IMAGE.fullmatch(image), image
        stages.add(stage)


def test_it_runs_as_a_user_without_privileges(recipe):
    names = [name for name, _ in instructions(recipe)]
    users = of_kind(recipe, "USER")
    assert users == ["${UID}"]
    assert dict(text.split("=") for text in of_kind(recipe, "ARG") if "=" in text)["UID"] != "0"
    assert names.index("USER") < names.index("ENTRYPOINT")
    assert names.index("USER") > len(names) - 1 - names[::-1].index("FROM"), "in the last stage"


def test_it_holds_no_secret_and_names_no_host(recipe):
    text = recipe.read_text(encoding="utf-8") + (ROOT / "docker/entrypoint.sh").read_text(encoding="utf-8")
    assert not re.search(r"https?://|ftp://|password|secret|token|api[_-]?key|--trusted-host|--index-url", text, re.I)
    assert set(re.findall(r"\b[\w-]+\.(?:io|com|org|net)\b", text)) <= {"nvcr.io"}


def test_variables_of_the_image_are_those_that_the_code_reads(recipe):
    variables = dict(re.findall(r"(\w+)=(\S+)", " ".join(of_kind(recipe, "ENV"))))
    code = (ROOT / "fusion_perception/engine/plan_cache.py").read_text(encoding="utf-8")
    assert '"FUSION_PERCEPTION_CACHE"' in code and variables["FUSION_PERCEPTION_CACHE"] == "/plans"
    assert variables["ROS_LOG_DIR"].startswith("/tmp/")
    assert "/lib/fusion_perception:" in variables["PATH"], "setup.cfg puts the commands there"


def test_the_entry_is_a_correct_script():
    subprocess.run(["bash", "-n", str(ROOT / "docker/entrypoint.sh")], check=True)


@pytest.mark.skipif(HADOLINT is None, reason="hadolint is not installed (make test installs it on x86-64)")
def test_hadolint_finds_nothing(recipe):
    ended = subprocess.run([HADOLINT, str(recipe)], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (0, "")


def test_commands_of_the_document_name_these_files():
    text = (ROOT / "docs/docker.md").read_text(encoding="utf-8")
    named = set(re.findall(r"--file (\S+)", text))
    assert named == {f"docker/{path.name}" for path in FILES}
    choices = {text.split(" AS gpu-")[1] for text in of_kind(FILES[0], "FROM") if " AS gpu-" in text}
    assert set(re.findall(r"GPU=(\w+)", text)) <= choices
    for option in ("--ipc host", "--network host", "--gpus all", "--runtime nvidia", "/plans", 'UID="$(id -u)"'):
        assert option in text
