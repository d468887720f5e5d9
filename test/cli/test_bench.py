# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import json
from pathlib import Path

import pytest

from fusion_perception.cli.main import main
from fusion_perception.lab.bench import ceilings, timing
from fusion_perception.lab.bench.document import BENCH
from test.engine.tiny_model import tiny_model


@pytest.fixture
def model(tmp_path, monkeypatch):
    pytest.importorskip("onnx", reason="the tiny test model is written with the package onnx")
    pytest.importorskip("onnxruntime", reason="the backend that is measured")
    monkeypatch.setattr(timing, "WARM_UP_SECONDS", 0.0)
    monkeypatch.setattr(timing, "WARM_UP_LIMIT", 0.0)
    monkeypatch.setattr(ceilings, "_COPY_BYTES", 1 << 16)
    monkeypatch.setattr(ceilings, "_CPU_SIZE", 32)
    path = tmp_path / "tiny.onnx"
    path.write_bytes(tiny_model())
    return path


def bench(*arguments):
    return main(["bench", "--backend", "onnxruntime", "--threads", "1", "--seconds", "0.02", *map(str, arguments)])


def test_table(model, capsys):
    assert bench(model, "--attribution") == 0
    out, err = capsys.readouterr()
    assert out.count("\n| tiny") == 2
    assert "[2/2] onnxruntime@tiny+attribution" in err


def test_json_and_back(model, tmp_path, capsys):
    target = tmp_path / "new" / "bench.json"
    assert bench(model, "--json", target) == 0
    printed = capsys.readouterr().out
    BENCH.read_file(target)
    assert main(["bench", "--table", str(target)]) == 0
    assert capsys.readouterr().out == printed


def test_json_on_stdout_is_json_alone(model, capsys):
    assert bench(model, "--json", "-") == 0
    assert len(BENCH.read(json.loads(capsys.readouterr().out)).results) == 1


def test_compare(model, capsys):
    assert bench("--compare", model, f"{model}+attribution") == 0
    out = capsys.readouterr().out
    assert "times as long as A" in out
    assert "mask_agreement 1" in out


def test_default_is_every_shipped_model_and_its_attribution(model, tmp_path, monkeypatch, capsys):
    plain = tmp_path / "plain.onnx"
    plain.write_bytes(tiny_model(attribution=False))
    monkeypatch.setattr("fusion_perception.model_store.shipped_models", lambda: [str(plain), str(model)])
    assert bench() == 0
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith(("| plain", "| tiny"))]
    assert [row.split("|")[4].strip() for row in rows] == ["no", "no", "1 step"]


def test_all_backends_that_work_here(model, capsys):
    arguments = ["bench", str(model), "--backend", "all", "--threads", "1", "--seconds", "0.02", "--spin"]
    assert main(arguments) == 0
    out, err = capsys.readouterr()
    assert "| onnxruntime CPU" in out
    assert "1 of" in out and "spinning" in out
    assert "torch@tiny: opening\n    left out: " in err
    import onnxruntime

    if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        assert "onnxruntime-cuda@tiny: opening\n    left out: this ONNX Runtime has no CUDAExecutionProvider" in err
        assert out.count("| tiny") == 1


def test_nothing_shipped(monkeypatch, capsys):
    monkeypatch.setattr("fusion_perception.model_store.shipped_models", list)
    assert main(["bench"]) == 2
    assert "no shipped model was found" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--threads", "-1"], "--threads -1; allowed: 0 to 1,024"),
        (["--seconds", "0"], "--seconds 0.0; allowed: 0.001 to 3,600"),
        (["--seconds", "nan"], "--seconds nan; allowed"),
        (["absent/model.onnx"], "absent/model.onnx"),
        (["npu@model.onnx"], "unknown backend 'npu'"),
        (["realtime", "--compare", "a", "b"], "leave out realtime"),
        (["--table", "absent.json"], "absent.json is no benchmark document"),
    ],
)
def test_errors(capsys, arguments, says):
    assert main(["bench", *arguments]) == 2
    err = capsys.readouterr().err
    assert says in err
    assert err.startswith("fusion-perception bench: ")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_json_that_cannot_be_written(model, capsys):
    assert bench(model, "--json", "/dev/full") == 2
    out, err = capsys.readouterr()
    assert err.endswith(
        "fusion-perception bench: cannot write /dev/full: No space left on device; "
        "free some space, or give a place on another disk\n"
    )
    assert "| tiny" in out  # what was measured is not lost
