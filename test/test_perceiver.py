# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the way from a pair of frames to a result, on an engine of pure NumPy."""

import numpy as np
import pytest

from fusion_perception.engine import EngineInfo
from fusion_perception.engine.metadata import AttributionInfo, ModelMetadata
from fusion_perception.errors import ImageError
from fusion_perception.labels import MSRS9
from fusion_perception.perceiver import Perceiver
from fusion_perception.preprocess import GainControl, Registration
from fusion_perception.types import EngineOutputs, Frame, FramePair

HEIGHT, WIDTH = 24, 32


class FakeEngine:
    """Hands its inputs through and remembers them."""

    def __init__(self):
        self.calls = []
        metadata = ModelMetadata("fake", MSRS9, HEIGHT, WIDTH, attribution=AttributionInfo(1))
        self.info = EngineInfo("fake", "cpu", "numpy", "fp32", "fake.onnx", metadata)

    def infer(self, thermal, rgb, *, attribution=False):
        self.calls.append((thermal, rgb, attribution))
        return EngineOutputs(
            fused=rgb,
            mask=(thermal > 127).astype(np.uint8) * 2,
            confidence=thermal,
            attribution=thermal if attribution else None,
        )

    def close(self):
        pass


def frame(image, stamp_ns=7, frame_id="camera"):
    return Frame(image, stamp_ns, frame_id)


def thermal(height=HEIGHT, width=WIDTH, value=200, dtype=np.uint8):
    image = np.zeros((height, width), dtype)
    image[: height // 2] = value
    return image


def rgb(height=HEIGHT, width=WIDTH, value=90):
    return np.full((height, width, 3), value, np.uint8)


def test_images_of_the_models_size_are_not_touched():
    engine = FakeEngine()
    pair = FramePair(frame(thermal(), 5, "hot"), frame(rgb(), 9, "cold"))
    result = Perceiver(engine).perceive(pair)
    seen_thermal, seen_rgb, attribution = engine.calls[0]
    assert np.shares_memory(seen_thermal, pair.thermal.image)
    assert np.shares_memory(seen_rgb, pair.rgb.image)
    assert attribution is False
    assert (result.stamp_ns, result.frame_id, result.degraded) == (9, "cold", None)
    assert set(result.timings_ms) == {"preprocess", "engine", "postprocess"}
    assert result.outputs.attribution is None


def test_results_have_the_size_of_the_rgb_image():
    engine = FakeEngine()
    result = Perceiver(engine).perceive(FramePair(frame(thermal(12, 16)), frame(rgb(96, 128))), attribution=True)
    assert engine.calls[0][0].shape == (HEIGHT, WIDTH)
    assert engine.calls[0][1].shape == (HEIGHT, WIDTH, 3)
    assert result.outputs.fused.shape == (96, 128, 3)
    for image in (result.outputs.mask, result.outputs.confidence, result.outputs.attribution):
        assert image.shape == (96, 128)
    assert set(np.unique(result.outputs.mask)) == {0, 2}


@pytest.mark.parametrize("missing", ["thermal", "rgb"])
def test_a_missing_sensor_is_black_and_reported(missing):
    engine = FakeEngine()
    pair = FramePair(
        None if missing == "thermal" else frame(thermal(48, 64), 5, "hot"),
        None if missing == "rgb" else frame(rgb(96, 128), 9, "cold"),
    )
    result = Perceiver(engine).perceive(pair)
    seen = dict(zip(("thermal", "rgb"), engine.calls[0][:2], strict=True))
    assert not seen[missing].any()
    assert seen["rgb" if missing == "thermal" else "thermal"].any()
    assert result.degraded == missing
    expected = ((96, 128), 9, "cold") if missing == "thermal" else ((48, 64), 5, "hot")
    assert (result.outputs.mask.shape, result.stamp_ns, result.frame_id) == expected


def test_raw_thermal_goes_through_gain_control():
    engine = FakeEngine()
    raw = (21_000 + 10 * np.arange(HEIGHT * WIDTH).reshape(HEIGHT, WIDTH)).astype(np.uint16)
    Perceiver(engine, gain=GainControl()).perceive(FramePair(frame(raw), frame(rgb())))
    seen = engine.calls[0][0]
    assert seen.dtype == np.uint8
    assert (seen.min(), seen.max()) == (0, 255)


def test_a_closed_shutter_counts_as_missing_while_there_is_rgb():
    engine = FakeEngine()
    perceiver = Perceiver(engine)
    scene = (21_000 + 10 * np.arange(HEIGHT * WIDTH).reshape(HEIGHT, WIDTH)).astype(np.uint16)
    shutter = np.full_like(scene, 23_000)
    results = [
        perceiver.perceive(FramePair(frame(image), frame(rgb()) if with_rgb else None))
        for image, with_rgb in ((scene, True), (shutter, True), (shutter, False), (scene, True))
    ]
    assert [result.degraded for result in results] == [None, "thermal", "rgb", None]
    seen = [call[0] for call in engine.calls]
    assert not seen[1].any()
    assert (seen[2] == 128).all()
    np.testing.assert_array_equal(seen[3], seen[0])


def test_thermal_is_registered_before_the_engine():
    engine = FakeEngine()
    shift = Registration((1, 0, 8, 0, 1, 0, 0, 0, 1))
    Perceiver(engine, registration=shift).perceive(
        FramePair(frame(np.full((HEIGHT, WIDTH), 200, np.uint8)), frame(rgb()))
    )
    seen = engine.calls[0][0]
    assert (seen[:, :8] == 0).all()
    assert (seen[:, 8:] == 200).all()


def test_engines_get_contiguous_arrays():
    engine = FakeEngine()
    padded = np.zeros((HEIGHT, WIDTH + 5, 3), np.uint8)[:, :WIDTH]
    Perceiver(engine).perceive(FramePair(frame(thermal()), frame(padded)))
    assert engine.calls[0][1].flags.c_contiguous


def test_warming_up_runs_both_graphs():
    engine = FakeEngine()
    Perceiver(engine).warm_up(attribution=True)
    assert [call[2] for call in engine.calls] == [False, True]


@pytest.mark.parametrize("image", [rgb()[..., 0], rgb().astype(np.uint16), rgb()[:0]], ids=["grey", "16 bit", "empty"])
def test_wrong_rgb_images_are_named(image):
    with pytest.raises(ImageError, match=r"RGB image has shape .* accepted: \(H, W, 3\) uint8"):
        Perceiver(FakeEngine()).perceive(FramePair(None, frame(image)))


class TestAlignment:
    """After a result the pair may be looked at: does thermal lie on RGB?"""

    def looks(self, perceiver, pair):
        seen = []
        perceiver.drift.look = lambda *arguments: seen.append(arguments)
        perceiver.perceive(pair)
        perceiver.look_at_alignment(10**9)
        return seen

    def test_it_sees_what_the_engine_saw_and_where_thermal_ends(self):
        engine = FakeEngine()
        perceiver = Perceiver(engine, registration=Registration((1, 0, 16, 0, 1, 0, 0, 0, 1)))
        pair = FramePair(frame(thermal(2 * HEIGHT, 2 * WIDTH)), frame(rgb(2 * HEIGHT, 2 * WIDTH)))
        [(hot, colour, seen, width, now_ns)] = self.looks(perceiver, pair)
        assert hot is engine.calls[0][0]
        assert colour is engine.calls[0][1]
        assert (width, now_ns) == (2 * WIDTH, 10**9)
        assert not seen[:, :7].any()
        assert (seen[:, 9:] == 255).all()

    def test_one_camera_alone_is_not_looked_at(self):
        perceiver = Perceiver(FakeEngine())
        assert self.looks(perceiver, FramePair(None, frame(rgb()))) == []
        assert self.looks(perceiver, FramePair(frame(thermal()), None)) == []

    def test_between_two_looks_there_is_none(self):
        perceiver = Perceiver(FakeEngine())
        perceiver.perceive(FramePair(frame(thermal()), frame(rgb())))
        perceiver.look_at_alignment(10**9)
        perceiver.drift.look = None
        perceiver.look_at_alignment(2 * 10**9)

    def test_another_registration_is_judged_anew(self):
        perceiver = Perceiver(FakeEngine())
        forgotten = []
        perceiver.drift.forget = lambda: forgotten.append(1)
        pair = FramePair(frame(thermal()), frame(rgb()))
        self.looks(perceiver, pair)
        assert forgotten == []
        perceiver.registration = Registration((1, 0, 1, 0, 1, 0, 0, 0, 1))
        self.looks(perceiver, pair)
        assert forgotten == [1]
