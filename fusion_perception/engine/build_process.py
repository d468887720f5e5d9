# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Build a plan in a process of its own.

TensorRT's builder takes gigabytes and minutes, and a fault inside it ends the process: none of that may
happen to a running node. The request goes in as JSON, progress and result come out as JSON lines.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass

from fusion_perception.documents.typed_document import Count, Size, from_json, to_json
from fusion_perception.engine.build_request import BuildRequest
from fusion_perception.engine.parity import ParityReport
from fusion_perception.errors import BackendError, FusionPerceptionError, ModelError
from fusion_perception.explanation import explain
from fusion_perception.text import printable

_MARK = "fusion_perception.build:"  # in front of our lines; TensorRT may print its own
# Not with -m: Python warns about a module that its package has imported already.
_COMMAND = "import sys; from fusion_perception.engine.build_process import main; sys.exit(main())"


@dataclass(frozen=True)
class Phase:
    """A phase of the build has begun or goes on: its name, and its done share."""

    phase: str
    share: float


@dataclass(frozen=True)
class Failure:
    """The build cannot be made: name of the error, and its sentence."""

    kind: str
    error: str


@dataclass(frozen=True)
class BuiltPlan:
    """A plan that was built.

    Attributes:
        plan: its path.
        seconds: that the builder took.
        plan_bytes: its size.
        parity: how far it agrees with ONNX Runtime; None where that was not checked.
        unchecked: why not.
        cards: compute capability that it was built for.
        remark: which file was built instead of the one that was asked for, or why not.
    """

    plan: str
    seconds: Size
    plan_bytes: Count
    parity: ParityReport | None
    unchecked: str = ""
    cards: str = ""
    remark: str = ""

    def lines(self) -> list[str]:
        """Return for people what was built, where, how large, how long it took, and how well it agrees."""
        seconds = f"{self.seconds:.0f}" if self.seconds >= 10 else f"{self.seconds:.1f}"
        lines = [
            *[f"model   {self.remark}"] * bool(self.remark),
            f"plan    {self.plan}",
            f"cards   compute capability {self.cards}",
            f"size    {self.plan_bytes / 2**20:.1f} MiB, built in {seconds} s",
        ]
        if self.parity is None:
            return [*lines, f"parity  not checked: {self.unchecked or 'the builder does not say why'}"]
        figures = ", ".join(f"{name} {value:.5g}" for name, value in self.parity.figures.items())
        return [*lines, f"parity  accepted as {self.parity.precision} on {self.parity.pairs} pairs: {figures}"]


@dataclass(frozen=True)
class Success:
    """The last message."""

    report: BuiltPlan


_MESSAGES = {"phase": Phase, "error": Failure, "report": Success}


def build_in_process(
    request: BuildRequest,
    progress: Callable[[str, float], None] = lambda phase, share: None,
    *,
    command: list[str] | None = None,
) -> BuiltPlan:
    """Build a plan.

    Args:
        request: what to build.
        progress: told about every phase with its done share.
        command: the process to start, for tests.

    Raises:
        ModelError: the model cannot be built, or the plan was refused.
        BackendError: TensorRT or the GPU is missing, or the process died or said what is not understood.
    """
    command = command or [sys.executable, "-c", _COMMAND]
    report: BuiltPlan | None = None
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
            message = _read_message(line[len(_MARK) :].rstrip("\n"))
            if isinstance(message, Phase):
                progress(message.phase, message.share)
            elif isinstance(message, Failure):
                failure = (ModelError if message.kind == "ModelError" else BackendError)(message.error)
            else:
                report = message.report
    if failure is not None:
        raise failure
    if report is None or process.returncode != 0:
        raise BackendError(
            f"the build process ended with status {process.returncode} and no plan; see its messages above, "
            "and try a lower --optimization-level or a --workspace-mib limit if memory was short"
        )
    return report


def _say(message: Phase | Failure | Success) -> None:
    print(_MARK + json.dumps(to_json(message)), flush=True)


def _read_message(text: str) -> Phase | Failure | Success:
    try:
        values = json.loads(text)
        kind = next((kind for key, kind in _MESSAGES.items() if key in values), None)
        if kind is None:
            raise ValueError(f"allowed: {', '.join(_MESSAGES)}")
        return from_json(kind, values)
    except (ValueError, TypeError, RecursionError) as error:
        raise BackendError(
            f"the build process said '{printable(text, 80)}', which is not understood ({error}); "
            "install one version of fusion_perception"
        ) from error


def main() -> int:
    """Read a request from stdin, build, and report on stdout."""
    from fusion_perception.engine.model_file import open_model_file
    from fusion_perception.engine.plan_cache import PlanCache
    from fusion_perception.engine.tensorrt_builder import build_plan

    request = from_json(BuildRequest, json.loads(sys.stdin.read()))
    try:
        result = build_plan(
            open_model_file(request.model),
            request.options,
            cache=PlanCache(request.cache_dir),
            device_id=request.device_id,
            progress=lambda phase, share: _say(Phase(phase, share)),
        )
    except KeyboardInterrupt:  # the terminal sends Ctrl-C to both processes; the other one says so
        return 130
    except Exception as error:
        sentence = explain(error)
        if sentence is None:
            raise
        _say(Failure(type(error).__name__, sentence))
        return 1
    _say(
        Success(
            BuiltPlan(
                str(result.plan),
                result.seconds,
                result.plan_bytes,
                result.parity,
                result.unchecked,
                result.identity.sm,
                result.remark,
            )
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
