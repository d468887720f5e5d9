# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Build a TensorRT plan in a process of its own.

The builder takes gigabytes and minutes, and a fault inside it ends the process: none of that may
happen to a running node. The request goes in as JSON, progress and result come out as JSON lines.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, fields
from typing import Any

from fusion_perception.engine.build_request import BuildRequest
from fusion_perception.errors import BackendError, FusionPerceptionError, ModelError
from fusion_perception.explanation import explain

_MARK = "fusion_perception.build:"  # in front of our lines; TensorRT may print its own
# Not with -m: Python warns about a module that its package has imported already.
_COMMAND = "import sys; from fusion_perception.engine.build_process import main; sys.exit(main())"


def build_in_process(
    request: BuildRequest,
    progress: Callable[[str, float], None] = lambda phase, share: None,
    *,
    command: list[str] | None = None,
) -> dict[str, Any]:
    """Build, and return the report: ``plan`` (path), ``seconds``, ``plan_bytes``, ``parity``.

    Args:
        request: what to build.
        progress: told about every phase with its done share.
        command: the process to start, for tests.

    Raises:
        ModelError: the model cannot be built, or the plan was refused.
        BackendError: TensorRT or the GPU is missing, or the process died.
    """
    command = command or [sys.executable, "-c", _COMMAND]
    report: dict[str, Any] | None = None
    failure: FusionPerceptionError | None = None
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None  # noqa: S101 - both were asked for
        try:
            process.stdin.write(json.dumps(asdict(request)))
            process.stdin.close()
        except BrokenPipeError:
            pass  # it died at once; its exit status says how
        for line in process.stdout:
            if not line.startswith(_MARK):
                continue
            message = json.loads(line[len(_MARK) :])
            if "phase" in message:
                progress(message["phase"], message["share"])
            elif "error" in message:
                failure = (ModelError if message["kind"] == "ModelError" else BackendError)(message["error"])
            else:
                report = message["report"]
    if failure is not None:
        raise failure
    if report is None or process.returncode != 0:
        raise BackendError(
            f"the TensorRT build process ended with status {process.returncode} and no plan; see its messages above, "
            "and try a lower --optimization-level or a --workspace-mib limit if memory was short"
        )
    return report


def _say(message: dict[str, Any]) -> None:
    print(_MARK + json.dumps(message), flush=True)


def main() -> int:
    """Read a request from stdin, build, and report on stdout."""
    from fusion_perception.engine.model_file import open_model_file
    from fusion_perception.engine.plan_cache import PlanCache
    from fusion_perception.engine.tensorrt_builder import BuildOptions, build_plan

    request = BuildRequest(**json.loads(sys.stdin.read()))
    options = BuildOptions(**{f.name: getattr(request, f.name) for f in fields(BuildOptions)})
    try:
        result = build_plan(
            open_model_file(request.model),
            options,
            cache=PlanCache(request.cache_dir),
            device_id=request.device_id,
            progress=lambda phase, share: _say({"phase": phase, "share": share}),
        )
    except KeyboardInterrupt:  # the terminal sends Ctrl-C to both processes; the other one says so
        return 130
    except Exception as error:
        sentence = explain(error)
        if sentence is None:
            raise
        _say({"kind": type(error).__name__, "error": sentence})
        return 1
    parity = None if result.parity is None else asdict(result.parity)
    report = {"plan": str(result.plan), "seconds": result.seconds, "plan_bytes": result.plan_bytes, "parity": parity}
    _say({"report": report})
    return 0


if __name__ == "__main__":
    sys.exit(main())
