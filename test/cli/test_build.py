# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import pytest

from fusion_perception.cli.main import main
from fusion_perception.engine.build_process import BuiltPlan
from fusion_perception.engine.parity import ParityReport
from fusion_perception.errors import BackendError
from test.engine.tiny_model import tiny_metadata, tiny_model


@pytest.fixture
def model(tmp_path):
    pytest.importorskip("onnx", reason="the tiny test model is written with the package onnx")

    def write(attribution=True):
        path = tmp_path / "tiny.onnx"
        path.write_bytes(tiny_model(attribution))
        return str(path)

    return write


@pytest.fixture
def builds(monkeypatch, tmp_path):
    """The requests that would go to the build process."""
    requests = []
    monkeypatch.setenv("FUSION_PERCEPTION_CACHE", str(tmp_path / "cache"))

    def in_process(request, progress):
        requests.append(request)
        progress("Building Engine", 0.5)
        progress("Building Engine", 1.0)
        parity = None
        if request.options.parity_pairs:
            parity = ParityReport("fp32", 4, {"mask_agreement": 0.9995}, accepted=True)
        return BuiltPlan("/cache/tiny.plan", 61.2, 3 << 20, parity, "" if parity else "0 pairs were asked for", "8.7")

    monkeypatch.setattr("fusion_perception.engine.build_process.build_in_process", in_process)
    return requests


@pytest.mark.parametrize(
    ("choice", "in_model", "variants"),
    [("both", True, [False, True]), ("with", True, [True]), ("without", True, [False]), ("both", False, [False])],
)
def test_variants(model, builds, choice, in_model, variants):
    assert main(["build", model(in_model), "--attribution", choice]) == 0
    assert [request.options.attribution for request in builds] == variants


def test_report(model, builds, capsys):
    assert main(["build", model(), "--attribution", "without"]) == 0
    out, err = capsys.readouterr()
    assert "tiny.onnx, without attribution:" in out
    assert "/cache/tiny.plan" in out
    assert "3.0 MiB, built in 61 s" in out
    assert "accepted as fp32 on 4 pairs: mask_agreement 0.9995" in out
    assert err.splitlines()[-1].startswith("  Building Engine 100/100 (")


def test_options_are_passed_on(model, builds, tmp_path, capsys):
    options = {"optimization-level": 5, "workspace-mib": 512, "dla-core": 1, "parity-pairs": 0, "device-id": 2}
    arguments = [text for name, value in options.items() for text in (f"--{name}", str(value))]
    arguments += ["--tf32", "--attribution", "with", "--cache-dir", str(tmp_path)]
    assert main(["build", model(), *arguments]) == 0
    (request,) = builds
    options = request.options
    assert (options.library, options.compute_capability) == ("tensorrt", "")
    assert (options.optimization_level, options.workspace_mib, options.tf32) == (5, 512, True)
    assert (options.dla_core, options.parity_pairs, request.device_id) == (1, 0, 2)
    assert request.cache_dir == str(tmp_path)
    assert "parity  not checked: 0 pairs were asked for" in capsys.readouterr().out


@pytest.mark.parametrize("cards", ["8.0+", "7.5", "8.9"])
def test_for_rtx(model, builds, cards):
    assert main(["build", model(), "--for", "rtx", "--compute-capability", cards]) == 0
    assert {(r.options.library, r.options.compute_capability) for r in builds} == {("tensorrt-rtx", cards)}


def test_cards_that_rtx_does_not_build_for(model, builds, capsys):
    assert main(["build", model(), "--for", "rtx", "--compute-capability", "9.0"]) == 2
    err = capsys.readouterr().err
    assert "does not build for compute capability 9.0; it builds for 8.0+, 7.5, 8.0, 8.6, 8.9, 12.0, 12.1; " in err
    assert "choose backend 'tensorrt' for such a card" in err
    assert not builds


@pytest.mark.parametrize("option", [["--optimization-level", "5"], ["--workspace-mib", "9"], ["--dla-core", "0"]])
def test_options_that_rtx_does_not_have(model, builds, capsys, option):
    assert main(["build", model(), "--for", "rtx", *option]) == 2
    assert f"TensorRT-RTX has no use for {option[0]}; leave it out" in capsys.readouterr().err
    assert not builds


def test_cards_are_for_rtx(model, builds, capsys):
    assert main(["build", model(), "--compute-capability", "8.9"]) == 2
    assert "TensorRT builds for the card that is there, not for compute capability 8.9" in capsys.readouterr().err
    assert not builds


def test_int8_is_not_for_rtx(builds, tmp_path, capsys):
    path = tmp_path / "tiny.onnx"
    path.write_bytes(tiny_model(metadata=tiny_metadata(precision="int8")))
    assert main(["build", str(path), "--for", "rtx"]) == 2
    assert "has no INT8 convolutions; export the model with --precision fp16, or choose" in capsys.readouterr().err
    assert main(["build", str(path)]) == 0
    assert len(builds) == 2


def test_a_failing_build(model, monkeypatch, capsys):
    def in_process(request, progress):
        raise BackendError("no GPU here")

    monkeypatch.setattr("fusion_perception.engine.build_process.build_in_process", in_process)
    assert main(["build", model()]) == 2
    assert capsys.readouterr().err == "fusion-perception build: no GPU here\n"


def test_a_damaged_model(tmp_path, builds, capsys):
    path = tmp_path / "damaged.onnx"
    path.write_bytes(b"damage")
    assert main(["build", str(path)]) == 2
    assert "no ONNX model" in capsys.readouterr().err
    assert builds == []


def test_the_real_process_without_tensorrt(model, capsys):
    import importlib.util

    if importlib.util.find_spec("tensorrt") is not None:
        pytest.skip("TensorRT is installed")
    assert main(["build", model()]) == 2
    assert "needs the package 'tensorrt'" in capsys.readouterr().err
