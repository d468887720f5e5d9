# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The Shapley values of two sensors, against their definition."""

import math
import re
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="the torch side needs torch")

from fusion_perception.lab.attribution.shapley import (  # noqa: E402
    SAYS_NOTHING,
    SensorStates,
    can_be_asked,
    sensor_evidence,
    sensor_share,
    sensor_states,
)
from fusion_perception.lab.export.deployable import quantise  # noqa: E402
from fusion_perception.lab.nets.system import System, SystemSpec  # noqa: E402

CLASSES = 5
THERE, GONE = torch.ones(1, 1, 1, 1), torch.zeros(1, 1, 1, 1)


def logits(*rows):
    """Logits (1, C, 1, n) of n pixels from the probabilities of each."""
    return torch.tensor(rows).log().t()[None, :, None]


def random_states(seed=0, **changes):
    generator = torch.Generator().manual_seed(seed)
    maps = [torch.randn(n, CLASSES, 6, 7, generator=generator) * 4 for n in (1, 2)]
    return SensorStates(*maps, torch.randn(CLASSES, generator=generator), THERE, THERE)._replace(**changes)


def test_two_players_by_hand():
    states = SensorStates(
        both=logits([0.1, 0.9]),
        alone=torch.cat([logits([0.5, 0.5]), logits([0.8, 0.2])]),
        neither=torch.tensor([0.75, 0.25]).log(),
        thermal_there=THERE,
        rgb_there=THERE,
    )
    found = sensor_evidence(states)
    first, last = math.log(0.5 / 0.25), math.log(0.9 / 0.2)
    assert float(found.thermal) == pytest.approx((first + last) / 2, abs=1e-6)
    first, last = math.log(0.2 / 0.25), math.log(0.9 / 0.5)
    assert float(found.rgb) == pytest.approx((first + last) / 2, abs=1e-6)
    # Without thermal the first class would be chosen; thermal alone stays undecided, and so with the decision.
    assert float(found.needed) == 1


def test_the_two_values_sum_to_what_both_sensors_add():
    states = random_states()
    found = sensor_evidence(states)
    decided = states.both.argmax(1, keepdim=True)
    with_both = states.both.log_softmax(1).gather(1, decided)
    with_neither = states.neither.log_softmax(0)[decided]
    assert torch.allclose(found.thermal + found.rgb, with_both - with_neither, atol=1e-5)


def test_sensors_that_change_places_change_values():
    states = random_states(1)
    swapped = states._replace(alone=states.alone.flip(0))
    found, other = sensor_evidence(states), sensor_evidence(swapped)
    assert torch.equal(found.thermal, other.rgb)
    assert torch.equal(found.needed, torch.tensor([0.0, 2.0, 1.0, 3.0])[other.needed.long()])


def test_needed_sensors_are_those_without_which_the_answer_is_another():
    states = random_states(2)
    needed = sensor_evidence(states).needed.long()
    decided = states.both.argmax(1, keepdim=True)
    without_thermal = states.alone[1:].argmax(1, keepdim=True) != decided
    without_rgb = states.alone[:1].argmax(1, keepdim=True) != decided
    assert torch.equal(needed, without_thermal.long() + 2 * without_rgb.long())
    assert set(needed.unique().tolist()) >= {1, 2, 3}


@pytest.mark.parametrize("sensor", ["thermal", "rgb"])
def test_an_absent_sensor_says_exactly_nothing(sensor):
    states = random_states(3, **{f"{sensor}_there": GONE})
    found = sensor_evidence(states)
    assert not getattr(found, sensor).any()
    assert set(found.needed.unique().tolist()) <= ({0, 2} if sensor == "thermal" else {0, 1})


@pytest.mark.parametrize(
    ("thermal", "rgb", "share"),
    [
        (9.0, 0.0, 9.05 / 9.1),
        (0.0, 9.0, 0.05 / 9.1),
        (3.0, 3.0, 0.5),
        (0.0, 0.0, 0.5),
        (-2.0, -5.0, 0.5),  # neither brought it about
        (2.0, -5.0, 2.05 / 2.1),  # what speaks against the decision counts as nothing
    ],
)
def test_the_share_of_the_evidence_for_the_decision(thermal, rgb, share):
    assert SAYS_NOTHING == 0.05
    assert float(sensor_share(torch.tensor(thermal), torch.tensor(rgb))) == pytest.approx(share)


def documented():
    """Rows of the table of examples in the page for users: both values, and what is published."""
    text = (Path(__file__).parents[3] / "docs" / "attribution.md").read_text(encoding="utf-8")
    return re.findall(r"^\| (-?[\d.]+) \| (-?[\d.]+) \| (\d+) \|$", text, re.MULTILINE)


def test_the_page_for_users_gives_values_that_are_published():
    assert len(documented()) >= 5
    for thermal, rgb, published in documented():
        share = sensor_share(torch.tensor(float(thermal)), torch.tensor(float(rgb)))
        assert int(quantise(share * 256)) == int(published), (thermal, rgb)


def two_streams(**changes):
    torch.manual_seed(4)
    system = System(SystemSpec("realtime", "two_stream_small", fuser_options={"channels": 8, "depth": 1}, **changes))
    with torch.no_grad():
        system.segmenter.prior.copy_(torch.linspace(1, -1, 9))
    return system.eval()


class TestOfASystem:
    """The states are what the system answers when the other image is black, offsets included."""

    OFFSETS = ({"car": 2.0}, {"person": 2.0, "car": 1.0})

    @pytest.mark.parametrize("alone", [None, OFFSETS[1]])
    def test_states_are_answers_to_black_images(self, alone):
        system = two_streams(offsets=self.OFFSETS[0], offsets_alone=alone)
        thermal, rgb = torch.rand(1, 1, 64, 96), torch.rand(1, 3, 64, 96)
        with torch.no_grad():
            states = sensor_states(system, thermal, rgb)
            black = [
                system(t, r).logits
                for t, r in ((thermal, rgb), (thermal, rgb * 0), (thermal * 0, rgb), (thermal * 0, rgb * 0))
            ]
        answers = (states.both, *states.alone[:, None], states.neither[None, :, None, None])
        for found, expected in zip(answers, black, strict=True):
            assert torch.allclose(found.expand_as(expected), expected, atol=1e-5)

    def test_a_constant_image_gets_the_offsets_of_one_sensor_alone(self):
        system = two_streams(offsets={"car": 50.0}, offsets_alone={"person": 50.0})
        thermal, rgb = torch.full((1, 1, 64, 96), 0.5), torch.rand(1, 3, 64, 96)
        with torch.no_grad():
            assert (system(thermal, rgb).logits.argmax(1) == 2).all()
            states = sensor_states(system, thermal, rgb)
        assert not sensor_evidence(states).thermal.any()
        assert float(states.thermal_there) == 0
        assert float(states.rgb_there) == 1

    def test_a_network_that_cannot_be_asked_is_known(self):
        assert can_be_asked(two_streams())
        assert not can_be_asked(System(SystemSpec("realtime", "realtime")))
