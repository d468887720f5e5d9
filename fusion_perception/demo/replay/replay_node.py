# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The program ``replay_node``: plays an image sequence or a bag as two camera topics."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence

from fusion_perception.ros.process import run_node


def main(args: Sequence[str] | None = None) -> int:
    """Run the node; returns the exit status."""
    status = run_node("fusion_perception.demo.replay.replay_publisher", "ReplayPublisher", args, program="replay_node")
    if any(thread.name == "decode" for thread in threading.enumerate()):
        # Rendering goes on in C++, and a thread that comes back from there while Python ends aborts the process.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    return status


if __name__ == "__main__":
    sys.exit(main())
