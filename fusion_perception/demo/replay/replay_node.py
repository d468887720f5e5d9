# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The program ``replay_node``: plays an image sequence or a bag as two camera topics.

With the argument ``--progress`` it prints how far it is; see ``replay_progress``.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence

from fusion_perception.ros.process import run_node

PROGRESS = "--progress"
"""The argument with which the program prints its progress."""

_PLAIN = ("fusion_perception.demo.replay.replay_publisher", "ReplayPublisher")
_REPORTING = ("fusion_perception.demo.replay.reporting_replay", "ReportingReplay")


def main(args: Sequence[str] | None = None) -> int:
    """Run the node; returns the exit status."""
    node = _REPORTING if PROGRESS in (sys.argv if args is None else args) else _PLAIN
    status = run_node(*node, args, program="replay_node")
    if any(thread.name == "decode" for thread in threading.enumerate()):
        # Rendering goes on in C++, and a thread that comes back from there while Python ends aborts the process.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    return status


if __name__ == "__main__":
    sys.exit(main())
