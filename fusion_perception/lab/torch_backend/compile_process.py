# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The process that fills Inductor's cache: a request on stdin, why it cannot be done on stdout."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from fusion_perception.documents.typed_document import from_json
from fusion_perception.explanation import explain
from fusion_perception.lab.torch_backend.compile_cache import CompileRequest, private_cache
from fusion_perception.lab.torch_backend.open import open_torch

_NICE = 10  # the robot comes first


def main(open_engine: Callable[..., Any] = open_torch) -> int:
    """Compile what is asked for.

    Args:
        open_engine: opens the engine.
    """
    os.nice(_NICE)
    options = asdict(from_json(CompileRequest, json.loads(sys.stdin.read())))
    attribution = options.pop("attribution")
    try:
        private_cache(options["cache_dir"])
        engine = open_engine(options.pop("model"), **options, compile=False)
        failure = engine.compile_now(attribution)
    except KeyboardInterrupt:  # the terminal sends Ctrl-C to both processes
        return 130
    except Exception as error:
        failure = explain(error) or f"{type(error).__name__}: {error}"
    print(failure, end="", flush=True)
    return 1 if failure else 0


if __name__ == "__main__":
    sys.exit(main())
