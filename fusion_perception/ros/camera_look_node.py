# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The program that looks at the camera topics for a few seconds; ``fusion-perception doctor`` runs it."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from fusion_perception.ros.process import run_node


def main(args: Sequence[str] | None = None) -> int:
    """Run the node; returns the exit status."""
    return run_node("fusion_perception.ros.camera_look", "CameraLook", args)


if __name__ == "__main__":
    sys.exit(main())
