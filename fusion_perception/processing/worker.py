# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A process that runs one share of a job: its document is the argument, its progress and report are lines of JSON."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable
from typing import Any

from fusion_perception.documents.strict_json import read_object
from fusion_perception.documents.typed_document import from_json
from fusion_perception.explanation import explain
from fusion_perception.processing.job import SHARE, Share, ShareReport, to_json
from fusion_perception.processing.share_run import run_share

EXIT_ERROR = 2


def run_text(text: str, tell: Callable[[int, int], object] = lambda done, total: None) -> str:
    """Run a share that is given, and answered, as JSON.

    Args:
        text: document of the share.
        tell: see ``run_share``.

    Returns:
        ``{"report": ...}``, or ``{"error": sentence}``.
    """
    try:
        share = SHARE.read(read_object(text))
        return json.dumps({"report": to_json(run_share(share, tell))})
    except Exception as error:
        sentence = explain(error)
        if sentence is None:
            from traceback import print_exc

            print_exc(file=sys.stderr)
            sentence = f"a fault of this program, {type(error).__name__}: {error}; please report it with the bag"
        return json.dumps({"error": sentence})


def share_text(share: Share) -> str:
    """Return the document of a share."""
    return json.dumps(to_json(share))


def read_answer(line: str) -> ShareReport | str | tuple[int, int] | None:
    """Read a line of a worker: its report, why there is none, or its progress; None for any other text."""
    try:
        values: dict[str, Any] = read_object(line)
        if "report" in values:
            return from_json(ShareReport, values["report"])
        if "error" in values:
            return str(values["error"])
        return int(values["done"]), int(values["total"])
    except (ValueError, KeyError, TypeError):
        return None


def main() -> int:
    """Run the share that the first argument holds."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # there is nothing to clean up: what is not whole has another name
    answer = run_text(sys.argv[1], lambda done, total: print(json.dumps({"done": done, "total": total}), flush=True))
    print(answer, flush=True)
    return EXIT_ERROR if "error" in answer[:10] else 0


if __name__ == "__main__":
    sys.exit(main())
