# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from fusion_perception.errors import DataError
from fusion_perception.lab.streets import CONDITIONS, SceneConfig, SyntheticScene, SyntheticSequence


def test_goes_through_all_conditions() -> None:
    sequence = SyntheticSequence(n_frames=8, height=48, width=64, seed=2)
    assert len(sequence) == 8
    assert [sequence.condition(i) for i in range(8)] == [c for c in CONDITIONS for _ in range(2)]
    frames = list(sequence)
    assert [f.condition for f in frames] == [c for c in CONDITIONS for _ in range(2)]
    assert [f.name for f in frames] == ["00000D", "00001D", "00002N", "00003N", "00004D", "00005D", "00006N", "00007N"]


def test_access_is_random_and_repeatable() -> None:
    first = SyntheticSequence(n_frames=4, height=48, width=64, conditions=("day", "fog"))
    second = SyntheticSequence(n_frames=4, height=48, width=64, conditions=("day", "fog"))
    ahead = [first[i].rgb for i in range(4)]
    for i in (3, 0, 2):
        np.testing.assert_array_equal(second[i].rgb, ahead[i])
    np.testing.assert_array_equal(first[-1].thermal, first[3].thermal)


def test_the_next_street_is_built_in_the_background(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[tuple[str, int]] = []
    current = -1

    class Recorder(SyntheticScene):
        def __init__(self, config: SceneConfig) -> None:
            built.append((config.condition, current))
            super().__init__(config)

    monkeypatch.setattr("fusion_perception.lab.streets.sequence.SyntheticScene", Recorder)
    sequence = SyntheticSequence(n_frames=40, height=48, width=64, conditions=("day", "night"))
    for current in range(22):
        assert sequence[current].condition == ("day" if current < 20 else "night")
    assert [condition for condition, _ in built] == ["day", "night"]
    assert built[1][1] < 20


def test_a_second_glare_looks_into_the_sun() -> None:
    sequence = SyntheticSequence(4, conditions=("glare", "day", "glare"))
    assert [c.glare_source for c in sequence.configs if c.condition == "glare"] == ["headlights", "sun"]


@pytest.mark.parametrize("i", [4, -5])
def test_index_out_of_range(i: int) -> None:
    with pytest.raises(IndexError, match="of a sequence of 4"):
        SyntheticSequence(4, 48, 64)[i]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_frames": 0}, "n_frames = 0"),
        ({"conditions": ()}, r"conditions = \(\); give a sequence of day"),
        ({"conditions": "day"}, "conditions = 'day'"),
        ({"conditions": ("day", "hail")}, "unknown condition 'hail'"),
    ],
)
def test_refuses(options: dict, message: str) -> None:
    with pytest.raises(DataError, match=message):
        SyntheticSequence(**options)
