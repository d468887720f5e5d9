# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The program ``fusion_node``: thermal and RGB in; fused image, mask and attribution out."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from fusion_perception.ros.process import run_node


def main(args: Sequence[str] | None = None) -> int:
    """Run the node; returns the exit status."""
    return run_node("fusion_perception.ros.perception_node", "PerceptionNode", args, program="fusion_node")


if __name__ == "__main__":
    sys.exit(main())
