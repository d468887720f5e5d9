# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What every backend must do; each backend's test file subclasses this."""

from __future__ import annotations

import numpy as np
import pytest

from fusion_perception.engine.engine import Engine
from fusion_perception.errors import BackendError, ImageError

from .tiny_model import HEIGHT, WIDTH, random_pair, tiny_reference

MAPS = ("fused", "mask", "confidence", "attribution")


class BaseEngineTester:
    """Subclasses give ``backend`` and the fixture ``make``: attribution -> an engine on the tiny model."""

    backend: str

    @pytest.fixture
    def make(self, tmp_path):
        raise NotImplementedError

    @pytest.fixture
    def engine(self, make) -> Engine:
        engine = make(attribution=True)
        yield engine
        engine.close()

    @pytest.mark.parametrize("attribution", [False, True])
    def test_values(self, engine, attribution):
        thermal, rgb = random_pair()
        outputs = engine.infer(thermal, rgb, attribution=attribution)
        expected = tiny_reference(thermal, rgb, attribution)
        for name in MAPS:
            got, want = getattr(outputs, name), getattr(expected, name)
            if want is None:
                assert got is None
                continue
            assert got.dtype == np.uint8, name
            np.testing.assert_array_equal(got, want, err_msg=name)

    def test_switching_attribution_changes_nothing_else(self, engine):
        pair = random_pair(3)
        without, with_it, again = (engine.infer(*pair, attribution=a) for a in (False, True, False))
        for name in MAPS[:3]:
            np.testing.assert_array_equal(getattr(without, name), getattr(with_it, name))
            np.testing.assert_array_equal(getattr(without, name), getattr(again, name))

    def test_model_without_attribution(self, make):
        engine = make(attribution=False)
        outputs = engine.infer(*random_pair(), attribution=True)
        assert outputs.attribution is None
        assert engine.info.metadata.attribution is None
        engine.close()

    def test_outputs_belong_to_the_caller(self, engine):
        first_pair, second_pair = random_pair(1), random_pair(2)
        first = engine.infer(*first_pair, attribution=True)
        kept = {name: getattr(first, name).copy() for name in MAPS}
        second = engine.infer(*second_pair, attribution=True)
        for name in MAPS:
            np.testing.assert_array_equal(getattr(first, name), kept[name], err_msg=name)
            assert not np.shares_memory(getattr(first, name), getattr(second, name))
            assert getattr(first, name).flags.writeable

    def test_inputs_are_left_alone(self, engine):
        thermal, rgb = random_pair()
        copies = thermal.copy(), rgb.copy()
        thermal.flags.writeable = rgb.flags.writeable = False
        engine.infer(thermal, rgb)
        np.testing.assert_array_equal(thermal, copies[0])
        np.testing.assert_array_equal(rgb, copies[1])

    def test_strided_inputs(self, engine):
        thermal, rgb = random_pair()
        flipped = engine.infer(thermal[:, ::-1], rgb[:, ::-1])
        expected = tiny_reference(thermal[:, ::-1], rgb[:, ::-1])
        np.testing.assert_array_equal(flipped.fused, expected.fused)
        np.testing.assert_array_equal(flipped.mask, expected.mask)

    @pytest.mark.parametrize(
        ("thermal", "rgb", "says"),
        [
            (np.zeros((HEIGHT, WIDTH), np.uint16), None, "thermal image: got dtype uint16"),
            (np.zeros((HEIGHT, WIDTH), np.float32), None, "thermal image: got dtype float32"),
            (np.zeros((HEIGHT + 1, WIDTH), np.uint8), None, r"thermal image: got shape \(13, 20\)"),
            (np.zeros((HEIGHT, WIDTH, 1), np.uint8), None, r"takes \(12, 20\)"),
            (np.zeros((0, 0), np.uint8), None, r"got shape \(0, 0\)"),
            (None, np.zeros((HEIGHT, WIDTH), np.uint8), r"rgb image: got shape \(12, 20\)"),
            (None, np.zeros((HEIGHT, WIDTH, 4), np.uint8), r"takes \(12, 20, 3\)"),
            (None, np.zeros((3, HEIGHT, WIDTH), np.uint8), "rgb image"),
            (None, np.zeros((HEIGHT, WIDTH, 3), np.int8), "rgb image: got dtype int8"),
            ([[1]], None, "got list"),
        ],
    )
    def test_wrong_images(self, engine, thermal, rgb, says):
        good = random_pair()
        with pytest.raises(ImageError, match=says):
            engine.infer(good[0] if thermal is None else thermal, good[1] if rgb is None else rgb)
        engine.infer(*good)  # still usable

    def test_info(self, engine):
        info = engine.info
        assert info.backend == self.backend
        assert info.device
        assert info.provider
        assert info.precision == "fp32"
        assert info.model_path
        assert info.metadata.name == "tiny"
        assert (info.metadata.height, info.metadata.width) == (HEIGHT, WIDTH)
        assert info.versions[self.backend]

    def test_close_twice(self, make):
        engine = make(attribution=True)
        engine.infer(*random_pair())
        engine.close()
        engine.close()
        with pytest.raises(BackendError, match="closed"):
            engine.infer(*random_pair())
        assert engine.info.backend == self.backend
