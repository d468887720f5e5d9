# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The errors this package raises on purpose, and the late import helper."""

from __future__ import annotations

import importlib
import re
import shlex
import sys
from types import ModuleType

from fusion_perception.text import printable

_LINE_BREAK = re.compile(r"\s*[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]\s*")
_LONGEST = 2000


class FusionPerceptionError(Exception):
    """Base of all errors that are meant to be read by a user.

    The message is one printable line, whatever was put into it: names of files, labels, messages of other libraries.
    A line break in it becomes a space, any other invisible character is spelled out.
    """

    def __str__(self) -> str:
        return printable(_LINE_BREAK.sub(" ", super().__str__().strip()), _LONGEST)


class ImageError(FusionPerceptionError):
    """An image that cannot be used; the message says what came and what is accepted."""


class ModelError(FusionPerceptionError):
    """A model, plan or metadata document that is missing, damaged, foreign or too new."""


class BackendError(FusionPerceptionError):
    """A backend that is not installed or cannot run what was asked of it."""


class DataError(FusionPerceptionError):
    """A data set, sequence or bag that is missing or does not fit together."""


# Which command installs an optional package; keyed by import name.
_INSTALL = {
    "argcomplete": "apt install python3-argcomplete, or pip install 'fusion_perception[completion]'",
    "av": "pip install 'fusion_perception[demo]'",
    "cv2": "apt install python3-opencv, or pip install 'fusion_perception[opencv]'",
    "jinja2": "apt install python3-jinja2, or pip install 'fusion_perception[lab]'",
    "mcap": "pip install 'fusion_perception[demo]'",
    "onnx": "pip install 'fusion_perception[lab]'",
    "onnxruntime": "pip install 'fusion_perception[onnx]'",
    "onnxscript": "pip install 'fusion_perception[lab]'",
    "ray": "pip install 'fusion_perception[ray]'",
    "rclpy": "source /opt/ros/<distro>/setup.bash, or pip install 'fusion_perception[ros]'",
    "rerun": "pip install 'fusion_perception[rerun]'",
    "rosbags": "pip install 'fusion_perception[demo]'",
    "ruamel": "pip install 'fusion_perception[demo]'",
    "safetensors": "pip install 'fusion_perception[lab]'",
    "tensorrt": "pip install tensorrt (or use the TensorRT of your JetPack)",
    "tensorrt_rtx": "pip install 'fusion_perception[rtx]'",
    "tf2_msgs": "apt install ros-<distro>-tf2-msgs",
    "torch": "pip install 'fusion_perception[lab]'",
    "yaml": "apt install python3-yaml, or pip install 'fusion_perception[lab]'",
    "vision_msgs": "apt install ros-<distro>-vision-msgs",
}


def require(module: str, purpose: str) -> ModuleType:
    """Import an optional module, or say in one sentence what to install.

    Args:
        module: import name, for example ``"onnxruntime"``.
        purpose: what needs it, for example ``"the ONNX Runtime backend"``.

    Raises:
        BackendError: the module is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        root = module.partition(".")[0]
        command = _with_this_python(_INSTALL.get(root, f"pip install {root}"))
        raise BackendError(
            f"{purpose} needs the package '{root}', which cannot be imported ({error}); install it with: {command}"
        ) from error


def _with_this_python(command: str) -> str:
    """Return a command whose pip is that of this virtual environment: what is typed as ``pip`` is mostly another."""
    if sys.prefix == sys.base_prefix:
        return command
    return command.replace("pip install", f"{shlex.quote(sys.executable)} -m pip install")
