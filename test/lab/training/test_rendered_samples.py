# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs PyTorch")

from fusion_perception.lab.training.rendered_samples import FRAMES_OF_A_STREET, RENDERED_CONDITIONS, synthetic_samples


def test_rendered_samples_come_from_streets_of_all_conditions():
    seen = []
    count = FRAMES_OF_A_STREET * len(RENDERED_CONDITIONS) + 1
    samples = synthetic_samples(count, 5, height=96, width=128, progress=seen.append)
    assert len(samples) == count and seen == list(range(1, count + 1))
    assert len({sample.name for sample in samples}) == count
    assert [s.name.rstrip("0123456789ND_") for s in samples[::FRAMES_OF_A_STREET]] == [*RENDERED_CONDITIONS, "day"]
    assert all(sample.complete and sample.labels.shape == (96, 128) for sample in samples)
    assert [s.group for s in samples[:3]] == ["street0", "street0", "street1"]
    assert all(s.key == f"rendered {'night' if s.name.endswith('N') else 'day'}" for s in samples)
    assert len({s.key for s in samples}) == 2
    again = synthetic_samples(2, 5, height=96, width=128)
    np.testing.assert_array_equal(again[0].thermal, samples[0].thermal)
    assert (again[0].thermal != synthetic_samples(1, 6, height=96, width=128)[0].thermal).any()
