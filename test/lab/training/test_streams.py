# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from fusion_perception.errors import DataError  # noqa: E402
from fusion_perception.lab.training.streams import Streams  # noqa: E402
from test.lab.training.scenes import PLAIN, samples, source_of, streams  # noqa: E402


def test_streams_name_what_they_have() -> None:
    several = streams()
    assert several("upper", 0).thermal.shape[0] == 2
    several("train", 0)
    assert several.drawn == 4
    with pytest.raises(DataError, match="no training stream 'x'; there are: train"):
        several("x", 0)
    whole = source_of(samples(5), 2, PLAIN)
    last = Streams({"train": whole}, torch.device("cpu"))
    assert last("train", 0).rgb.is_contiguous(memory_format=torch.channels_last)
