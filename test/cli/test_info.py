# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of ``fusion-perception info``."""

import json
import pwd

import pytest

from fusion_perception.cli.main import EXIT_ERROR, main
from fusion_perception.engine.metadata import METADATA_KEY, AttributionInfo, ModelMetadata
from fusion_perception.labels import MSRS9

onnx = pytest.importorskip("onnx", reason="onnx is not installed (pip install 'fusion_perception[lab]')")


@pytest.fixture
def model(tmp_path):
    """A graph with the right signature and metadata, that computes nothing sensible."""
    size = (4, 6)
    metadata = ModelMetadata(
        "toy",
        MSRS9,
        *size,
        attribution=AttributionInfo(steps=3),
        training={"recipe": "none\x1b[31m", "seed": 7},
        quality={"miou": 0.5},
    )
    uint8 = onnx.TensorProto.UINT8
    value = onnx.helper.make_tensor_value_info
    nodes = [onnx.helper.make_node("Identity", ["rgb"], ["fused"])]
    nodes += [onnx.helper.make_node("Identity", ["thermal"], [name]) for name in ("mask", "confidence", "attribution")]
    outputs = [value("fused", uint8, (*size, 3))]
    outputs += [value(name, uint8, size) for name in ("mask", "confidence", "attribution")]
    inputs = [value("thermal", uint8, size), value("rgb", uint8, (*size, 3))]
    graph = onnx.helper.make_graph(nodes, "toy", inputs, outputs)
    document = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=10)
    onnx.helper.set_model_props(document, {METADATA_KEY: metadata.to_json()})
    path = tmp_path / "toy.onnx"
    onnx.save(document, str(path))
    return path


def test_info_prints_what_a_user_asks_for(model, capsys):
    assert main(["info", str(model)]) == 0
    text = capsys.readouterr().out
    lines = dict(line.split("  ", 1) for line in text.splitlines())
    values = {name.strip(): value.strip() for name, value in lines.items()}
    assert values["name"] == "toy"
    assert values["input"].startswith("4 x 6")
    assert values["precision"] == "fp32"
    assert "2 person" in values["classes"]
    assert values["attribution"].startswith("steps 3, rule ")
    assert values["quality: miou"] == "0.5"
    assert values["training: seed"] == "7"
    assert values["outputs"] == "fused, mask, confidence, attribution"
    assert "\x1b" not in text, "a file may not write control characters to the terminal"


def test_a_user_without_a_home_has_no_plans_and_reads_the_rest(model, capsys, monkeypatch):
    for name in ("FUSION_PERCEPTION_CACHE", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", {}.__getitem__)
    assert main(["info", str(model)]) == 0
    text = capsys.readouterr().out
    assert "not looked for: plans are kept in the home folder" in text and "FUSION_PERCEPTION_CACHE" in text


def test_info_as_json_is_the_document_of_the_file(model, capsys):
    assert main(["info", "--json", str(model)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["name"] == "toy"
    assert document["labels"]["names"][2] == "person"
    assert document["schema_version"] == 1


def test_a_damaged_or_missing_model_is_one_sentence(model, capsys):
    model.write_bytes(model.read_bytes()[:100])
    for path in (model, model.with_name("absent.onnx")):
        assert main(["info", str(path)]) == EXIT_ERROR
        error = capsys.readouterr().err
        assert error.startswith("fusion-perception info: ")
        assert error.count("\n") == 1
        assert path.name in error


@pytest.fixture
def plan(model, tmp_path, monkeypatch):
    """A plan of the model, in the user's cache folder."""
    from fusion_perception.engine.model_file import open_model_file
    from fusion_perception.engine.plan_cache import PlanCache, PlanIdentity, write_plan

    monkeypatch.setenv("FUSION_PERCEPTION_CACHE", str(tmp_path / "cache"))
    file = open_model_file(model)
    identity = PlanIdentity(
        file.sha256, "1.7.1.116", "any", "8.0+", "x86_64", "fp32", 4, 6, False, library="tensorrt-rtx"
    )
    path = PlanCache().path_of(identity, "toy")
    build = {"seconds": 0.9, "built_at": "2026-01-02T03:04:05+00:00", "parity": None}
    write_plan(path, identity, file.metadata, build, b"x" * (3 << 19))
    return path


def test_the_plans_of_a_model_are_listed(model, plan, capsys):
    (plan.parent / "damaged.plan").write_bytes(plan.read_bytes()[:-1])
    assert main(["info", str(model)]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("plan ")]
    assert line.split("  ", 1)[1].strip() == (
        f"{plan}: tensorrt-rtx 1.7.1.116, any 8.0+, without attribution, 1.5 MiB, built in 0.9 s"
    )


def test_a_plan_is_told_of(plan, model, capsys):
    assert main(["info", str(plan)]) == 0
    rows = dict(line.split("  ", 1) for line in capsys.readouterr().out.splitlines())
    told = {name: value.strip() for name, value in rows.items()}
    assert told["name"] == "toy"
    assert told["library"] == "tensorrt-rtx 1.7.1.116"
    assert told["cards"] == "any, compute capability 8.0+"
    assert told["size"] == "1.5 MiB"
    assert told["built"] == "in 0.9 s, 2026-01-02T03:04:05+00:00"
    assert told["compared with ONNX Runtime"] == "no"
    assert told["input"].startswith("4 x 6")
    assert main(["info", "--json", str(plan)]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "toy"
