# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The table of outputs: what it says holds together, and one more row is enough for a new output to reach its topic."""

import json

import numpy as np
import pytest

from fusion_perception import outputs as table
from fusion_perception.engine.engine import EngineInfo
from fusion_perception.engine.metadata import METADATA_KEY, PRECISIONS, AttributionInfo, ModelMetadata
from fusion_perception.engine.model_file import open_model_file
from fusion_perception.engine.parity import compare_engines, compare_outputs, limits
from fusion_perception.errors import ModelError
from fusion_perception.labels import MSRS9
from fusion_perception.outputs import ALWAYS, ATTRIBUTION, OUTPUTS, Output, Picture, further, output, result_topics
from fusion_perception.perceiver import Perceiver
from fusion_perception.types import EngineOutputs, Frame, FramePair
from test.engine.tiny_model import HEIGHT, WIDTH, random_pair, tiny_graph, tiny_metadata

SIGNED = Output(
    "signed",
    "fusion/signed",
    "how much thermal and RGB spoke for the class, 0 = not at all",
    {precision: {"max": 0.5} for precision in PRECISIONS},
    channels=2,
    dtype="float32",
    when=ATTRIBUTION,
    pictures=(
        Picture(
            "fusion/signed_color",
            "the same in colour",
            lambda maps, labels, alpha: np.repeat(np.uint8(maps["signed"][..., :1] > 0), 3, axis=2),
            compressed=True,
        ),
    ),
)
"""An output that the package does not have: floats, two channels, only with the attribution, and a picture of it."""


@pytest.fixture
def longer(monkeypatch):
    """The package with one more row."""
    monkeypatch.setattr(table, "OUTPUTS", (*OUTPUTS, SIGNED))


def signed_metadata(**changes) -> ModelMetadata:
    return tiny_metadata(further_outputs=("signed",), **changes)


@pytest.fixture
def model(longer, tmp_path):
    """The tiny model with the new output: (thermal - 100, 100 - thermal) at every pixel."""
    onnx = pytest.importorskip("onnx", reason="makes the model")
    model = tiny_graph(metadata=signed_metadata())
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.array(100, np.float32), "hundred"))
    for kind, inputs, name, attributes in (
        ("Sub", ["t3", "hundred"], "for_thermal", {}),
        ("Sub", ["hundred", "t3"], "for_rgb", {}),
        ("Concat", ["for_thermal", "for_rgb"], "signed", {"axis": 2}),
    ):
        model.graph.node.append(onnx.helper.make_node(kind, inputs, [name], **attributes))
    value = onnx.helper.make_tensor_value_info("signed", onnx.TensorProto.FLOAT, [HEIGHT, WIDTH, 2])
    model.graph.output.append(value)
    path = tmp_path / "signed.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def expected(thermal):
    wide = thermal.astype(np.float32) - 100
    return np.stack([wide, -wide], axis=2)


class TestTable:
    def test_names_and_topics_are_taken_once(self):
        names = [row.name for row in OUTPUTS]
        topics = [topic.topic for topic in result_topics(OUTPUTS)]
        assert len(set(names)) == len(names)
        assert len(set(topics)) == len(topics)

    @pytest.mark.parametrize("row", [*OUTPUTS, SIGNED], ids=lambda row: row.name)
    def test_a_row_can_be_sent_compared_and_compressed(self, row):
        assert row.when in {ALWAYS, ATTRIBUTION}
        assert row.encoding in table.ENCODINGS.values()
        assert set(row.limits) == set(PRECISIONS), "parity is demanded at every precision"
        figures = {figure for limited in row.limits.values() for figure in limited}
        assert figures <= ({"agreement"} if row.ids else {"max", "mean"})
        assert not row.compressed or row.encoding == "rgb8"

    def test_what_no_message_holds_is_named(self):
        wrong = Output("depth", "fusion/depth", "metres", {}, channels=3, dtype="float32")
        with pytest.raises(ValueError, match=r"output 'depth' is float32 with 3 channel\(s\); allowed: uint8 with 1"):
            wrong.encoding  # noqa: B018

    def test_an_unknown_output_is_named(self):
        with pytest.raises(KeyError, match="no output 'depth'; known: fused, mask, confidence, attribution"):
            output("depth")

    def test_topics_stand_beside_what_they_are_drawn_from(self):
        assert [
            (t.topic, t.encoding, t.attribution) for t in result_topics([output("mask"), output("attribution")])
        ] == [
            ("fusion/mask", "mono8", False),
            ("fusion/mask_color", "rgb8", False),
            ("fusion/overlay", "rgb8", False),
            ("fusion/attribution", "mono8", True),
            ("fusion/attribution_color", "rgb8", True),
        ]


class TestDocument:
    """The document of a model names its outputs, and one without them is read as before."""

    def test_outputs_that_not_every_model_has_go_there_and_back(self, longer):
        metadata = signed_metadata()
        document = json.loads(metadata.to_json())
        assert set(document["outputs"]) == {"fused", "mask", "confidence", "attribution", "signed"}
        assert document["outputs"]["signed"].startswith("(H, W, 2) float32: how much thermal")
        assert ModelMetadata.from_json(metadata.to_json(), "m.onnx") == metadata

    def test_models_of_before_are_read(self, longer):
        document = json.loads(tiny_metadata().to_json())
        document["outputs"] = {"fused": "an older text", "mask": "", "confidence": "", "attribution": ""}
        for text in (json.dumps(document), json.dumps({k: v for k, v in document.items() if k != "outputs"})):
            metadata = ModelMetadata.from_json(text, "m.onnx")
            assert [row.name for row in metadata.outputs()] == ["fused", "mask", "confidence", "attribution"]

    def test_an_output_of_a_newer_package_is_named(self):
        document = json.loads(tiny_metadata().to_json())
        document["outputs"]["gaze"] = "where people look"
        with pytest.raises(ModelError, match=r"outputs has 'gaze'; allowed: fused, mask, .*newer fusion_perception"):
            ModelMetadata.from_json(json.dumps(document), "m.onnx")

    def test_without_attribution_what_comes_with_it_is_not_there(self, longer):
        assert "signed" not in {row.name for row in signed_metadata(attribution=False).outputs()}
        assert "signed" not in {row.name for row in signed_metadata().outputs(attribution=False)}

    def test_the_exporter_writes_down_what_is_not_standard(self, longer):
        assert further(["fused", "signed", "for study only"]) == ("signed",)


class TestOneMoreRow:
    """The file, an engine, the perceiver, parity and the node all carry it, and none of them was told of it."""

    def test_the_file_is_checked_for_it(self, model):
        onnx = pytest.importorskip("onnx", reason="changes the model")
        file = open_model_file(model)
        assert file.outputs == ("fused", "mask", "confidence", "attribution", "signed")
        proto = onnx.load(str(model))
        proto.graph.output[-1].type.tensor_type.shape.dim[2].dim_value = 3
        model.write_bytes(proto.SerializeToString())
        with pytest.raises(ModelError):
            open_model_file(model)
        del proto.graph.output[-1]
        model.write_bytes(proto.SerializeToString())
        with pytest.raises(ModelError, match="promises fused, mask, confidence, attribution, signed"):
            open_model_file(model)

    def test_a_file_whose_output_has_another_type_is_refused(self, model):
        onnx = pytest.importorskip("onnx", reason="changes the model")
        proto = onnx.load(str(model))
        document = json.loads(proto.metadata_props[0].value)
        del document["outputs"]["signed"]
        onnx.helper.set_model_props(proto, {METADATA_KEY: json.dumps(document)})
        model.write_bytes(proto.SerializeToString())
        with pytest.raises(ModelError, match=r"has the outputs .*, signed; its metadata promises fused"):
            open_model_file(model)

    def test_an_engine_returns_it_where_the_attribution_is_asked_for(self, model):
        pytest.importorskip("onnxruntime", reason="runs the model")
        from fusion_perception.engine.onnxruntime_engine import OnnxRuntimeEngine

        engine = OnnxRuntimeEngine(model, threads=1)
        thermal, rgb = random_pair()
        maps = engine.infer(thermal, rgb, attribution=True)
        np.testing.assert_array_equal(maps["signed"], expected(thermal))
        assert maps["signed"].dtype == np.float32
        assert "signed" not in engine.infer(thermal, rgb)
        engine.close()

    def test_the_perceiver_brings_it_to_the_cameras_size(self, model):
        pytest.importorskip("onnxruntime", reason="runs the model")
        from fusion_perception.engine.onnxruntime_engine import OnnxRuntimeEngine

        engine = OnnxRuntimeEngine(model, threads=1)
        warm = np.full((2 * HEIGHT, 2 * WIDTH), 130, np.uint8)
        pair = FramePair(Frame(warm, 1), Frame(np.zeros((3 * HEIGHT, 4 * WIDTH, 3), np.uint8), 1))
        signed = Perceiver(engine).perceive(pair, attribution=True).outputs["signed"]
        assert (signed.shape, signed.dtype) == ((3 * HEIGHT, 4 * WIDTH, 2), np.float32)
        np.testing.assert_allclose(signed, np.broadcast_to((30, -30), signed.shape), atol=1e-3)
        engine.close()

    def test_names_are_not_mixed_on_the_way(self, monkeypatch):
        regions = Output("regions", "fusion/regions", "numbers of regions", {}, ids=True)
        monkeypatch.setattr(table, "OUTPUTS", (*OUTPUTS, regions))
        ids = np.zeros((HEIGHT, WIDTH), np.uint8)
        ids[:, WIDTH // 2 :] = 200

        class Engine:
            info = EngineInfo("fake", "cpu", "numpy", "fp32", "", tiny_metadata(further_outputs=("regions",)))

            def infer(self, thermal, rgb, *, attribution=False):
                return EngineOutputs(rgb, thermal, thermal, further={"regions": ids})

        pair = FramePair(None, Frame(np.zeros((3 * HEIGHT, 3 * WIDTH, 3), np.uint8), 1))
        assert set(np.unique(Perceiver(Engine()).perceive(pair).outputs["regions"])) == {0, 200}

    def test_parity_judges_it(self, longer):
        assert limits("fp32")["signed_max"] == 0.5
        thermal, rgb = random_pair()

        class Engine:
            info = EngineInfo("fake", "cpu", "numpy", "fp32", "", signed_metadata())

            def __init__(self, error):
                self.error = np.float32(error)

            def infer(self, thermal, rgb, *, attribution=False):
                maps = {"signed": expected(thermal) + self.error}
                return EngineOutputs(rgb, thermal, thermal, thermal, maps)

        right, near, wrong = Engine(0), Engine(0.25), Engine(-0.75)
        assert compare_outputs(right.infer(thermal, rgb), near.infer(thermal, rgb))["signed_max"] == 0.25
        assert compare_engines(right, near, [(thermal, rgb)], attribution=True).accepted
        report = compare_engines(right, wrong, [(thermal, rgb)], attribution=True)
        assert report.failures() == "signed_max 0.75, allowed at most 0.5"
        assert not compare_engines(right, Engine(np.nan), [(thermal, rgb)], attribution=True).accepted

    def test_the_node_publishes_it_and_its_picture(self, longer):
        pytest.importorskip("sensor_msgs", reason="the messages")
        from fusion_perception.ros.outputs import ResultOutputs
        from fusion_perception.types import Perception
        from test.ros.fake_node import FakeNode

        node = FakeNode()
        results = ResultOutputs(node, MSRS9, signed_metadata().outputs())
        node.listen("fusion/signed", "fusion/signed_color", "fusion/signed_color/compressed")
        assert results.wants_attribution()
        thermal, rgb = random_pair()
        maps = EngineOutputs(rgb, thermal, thermal, thermal, {"signed": expected(thermal)})
        assert results.publish(Perception(maps, 5, "camera"), None) == 3
        (message,) = node.sent["fusion/signed"]
        assert (message.encoding, message.height, message.width, message.step) == ("32FC2", HEIGHT, WIDTH, 8 * WIDTH)
        got = np.frombuffer(message.data, "<f4").reshape(HEIGHT, WIDTH, 2)
        np.testing.assert_array_equal(got, expected(thermal))
        assert [m.encoding for m in node.sent["fusion/signed_color"]] == ["rgb8"]
        assert [m.format for m in node.sent["fusion/signed_color/compressed"]] == ["rgb8; jpeg compressed bgr8"]
        assert results.publish(Perception(EngineOutputs(rgb, thermal, thermal), 6, "camera"), None) == 0

    def test_a_model_without_it_has_no_topic_for_it(self, longer):
        metadata = ModelMetadata("old", MSRS9, HEIGHT, WIDTH, attribution=AttributionInfo(1))
        assert "fusion/signed" not in {topic.topic for topic in result_topics(metadata.outputs())}
