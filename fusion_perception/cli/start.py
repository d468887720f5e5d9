# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Start of the ``fusion-perception`` process: quiet from the first signal on, also while Python still imports."""

import signal


def main() -> int:
    """Run the command line of this process; returns the exit code."""
    # Until ``cli.main`` takes over, Ctrl-C ends the process as it ends any program. There is nothing to clean up yet.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from fusion_perception.cli.main import main as run

    return run()
