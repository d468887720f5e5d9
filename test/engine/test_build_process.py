# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import sys
from dataclasses import replace

import pytest

from fusion_perception.engine.build_process import BuiltPlan, build_in_process
from fusion_perception.engine.build_request import BuildOptions, BuildRequest
from fusion_perception.engine.parity import ParityReport
from fusion_perception.errors import BackendError, ModelError

MARK = "fusion_perception.build:"


def child(*lines: str) -> list[str]:
    """Return a command that reads the request as ``request`` and runs these lines."""
    head = ["import sys, json, os", "request = json.loads(sys.stdin.read())", f"mark = {MARK!r}"]
    return [sys.executable, "-c", "\n".join([*head, *lines])]


def test_report_and_progress():
    seen = []
    command = child(
        "print('TensorRT says something of its own')",
        "print(mark + json.dumps({'phase': 'parse', 'share': 0.5}))",
        "parity = {'precision': 'fp16', 'pairs': 4, 'figures': {'fused_max': 1.0}, 'accepted': True}",
        "level = request['options']['optimization_level']",
        "report = {'plan': request['model'] + '.plan', 'seconds': level, 'plan_bytes': 7, 'parity': parity}",
        "print(mark + json.dumps({'report': report}))",
    )
    request = BuildRequest("a.onnx", BuildOptions(optimization_level=5))
    report = build_in_process(request, lambda *event: seen.append(event), command=command)
    assert report == BuiltPlan("a.onnx.plan", 5, 7, ParityReport("fp16", 4, {"fused_max": 1.0}, accepted=True))
    assert seen == [("parse", 0.5)]


@pytest.mark.parametrize(("kind", "error"), [("ModelError", ModelError), ("BackendError", BackendError)])
def test_errors_keep_their_kind(kind, error):
    command = child(f"print(mark + json.dumps({{'kind': {kind!r}, 'error': 'no such thing'}}))", "sys.exit(1)")
    with pytest.raises(error, match=r"^no such thing$"):
        build_in_process(BuildRequest("a.onnx"), command=command)


@pytest.mark.parametrize("line", ["os.abort()", "sys.exit(3)", "pass"])
def test_a_process_that_dies(line):
    with pytest.raises(BackendError, match=r"ended with status .* and no plan"):
        build_in_process(BuildRequest("a.onnx"), command=child(line))


def test_a_process_that_dies_before_it_reads():
    with pytest.raises(BackendError, match="ended with status 7"):
        build_in_process(BuildRequest("a" * 200_000), command=[sys.executable, "-c", "import os; os._exit(7)"])


def test_a_late_death_after_the_report():
    report = {"plan": "a", "seconds": 1, "plan_bytes": 7, "parity": None}
    command = child(f"print(mark + json.dumps({{'report': {report!r}}}), flush=True)", "os.abort()")
    with pytest.raises(BackendError, match="and no plan"):
        build_in_process(BuildRequest("a.onnx"), command=command)


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ("{", "said '{', which is not understood"),
        ("[]", "which is not understood"),
        ('{"news": 1}', r"which is not understood \(allowed: phase, error, report\)"),
        ('{"phase": "parse"}', "share is missing"),
        ('{"report": {"plan": 3}}', "report.plan is 3; allowed: a text"),
    ],
)
def test_a_message_that_is_not_understood(message, says):
    with pytest.raises(BackendError, match=says):
        build_in_process(BuildRequest("a.onnx"), command=child(f"print(mark + {message!r})"))


def test_the_real_process_reports_what_is_missing(tmp_path):
    """The model is judged first; then TensorRT is looked for."""
    with pytest.raises(ModelError, match="no such model file"):
        build_in_process(BuildRequest(str(tmp_path / "absent.onnx")))


def test_every_option_reaches_the_process():
    options = BuildOptions("tensorrt-rtx", True, "8.9", 1, 2, True, 3, 4)
    assert all(value != getattr(BuildOptions, name) for name, value in vars(options).items() if name != "parity_pairs")
    command = child(
        "options = [str(value) for value in request['options'].values()]",
        "print(mark + json.dumps({'report': {'plan': ' '.join(options), 'seconds': 1, 'plan_bytes': 1, "
        "'parity': None}}))",
    )
    report = build_in_process(BuildRequest("a.onnx", options), command=command)
    assert report.plan == "tensorrt-rtx True 8.9 1 2 True 3 4"


@pytest.mark.parametrize(("seconds", "words"), [(0.449, "0.4 s"), (61.2, "61 s")])
def test_what_a_report_tells(seconds, words):
    report = BuiltPlan("/cache/a.plan", seconds, 3 << 20, None, "there is no GPU here", "8.0+")
    assert report.lines() == [
        "plan    /cache/a.plan",
        "cards   compute capability 8.0+",
        f"size    3.0 MiB, built in {words}",
        "parity  not checked: there is no GPU here",
    ]
    assert replace(report, remark="a_fp16.onnx beside it is run").lines()[0] == "model   a_fp16.onnx beside it is run"
