# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Which sensor speaks for a decision: the exact Shapley values of two sensors, per pixel.

The game: its players are the two sensors, and what a set S of them earns is v(S) = log p_c, the log-probability that
the system gives, with the sensors of S alone, to the class c that it decided with both. A sensor outside of S is absent
as the network knows absent sensors. With two players the Shapley value (Shapley, "A value for n-person games", 1953)
is the mean of what a sensor adds first and of what it adds last:

    phi_T = ((v(T) - v(0)) + (v(TR) - v(R))) / 2        phi_R = ((v(R) - v(0)) + (v(TR) - v(T))) / 2

so that phi_T + phi_R = v(TR) - v(0). Unit: nats; a sensor that speaks against the decision has a value below 0.

The probabilities are those of the published confidence, offsets of the classes included: exp(v(TR)) is what is
published, and exp(v(T)) is what would be if RGB failed.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from fusion_perception.lab.nets.system import System

SAYS_NOTHING = 0.05
"""Evidence in nats that counts little: it changes a probability by 5 %. See ``sensor_share``."""


class SensorStates(NamedTuple):
    """Class logits given both sensors, each of them alone, and neither.

    Attributes:
        both: (B, C, h, w), as in ``SystemOutput``.
        alone: (2B, C, h, w) of thermal alone, then of RGB alone.
        neither: (C,).
        thermal_there: (B, 1, 1, 1), 1 where the thermal image holds anything, else 0.
        rgb_there: (B, 1, 1, 1) likewise.
    """

    both: Tensor
    alone: Tensor
    neither: Tensor
    thermal_there: Tensor
    rgb_there: Tensor


class Evidence(NamedTuple):
    """What each sensor contributed to the decision of every pixel.

    Attributes:
        thermal: (B, 1, h, w) float32, Shapley value of thermal in nats; exactly 0 where it is absent.
        rgb: (B, 1, h, w) likewise of RGB.
        needed: (B, 1, h, w) float32, without which sensor the decision would be another: 0 either may go, 1 thermal,
            2 RGB, 3 both are needed.
    """

    thermal: Tensor
    rgb: Tensor
    needed: Tensor


def can_be_asked(system: System) -> bool:
    """Whether a system's segmenter knows what each sensor says alone."""
    return bool(getattr(system.segmenter, "has_states", False))


def sensor_states(system: System, thermal: Tensor, rgb: Tensor) -> SensorStates:
    """Return what a system answers by both sensors, by each alone and by neither, with the offsets of each case.

    Args:
        system: one that ``can_be_asked``.
        thermal: (B, 1, H, W) in 0..1.
        rgb: (B, 3, H, W) in 0..1.
    """
    segmenter = system.segmenter
    t, r = segmenter.see(thermal, rgb)
    both = system.decide(segmenter.decode(t, r), thermal, rgb)
    alone = system.decide_alone(segmenter.alone(t, r))
    neither = system.decide_alone(segmenter.prior[None, :, None, None])[0, :, 0, 0]
    return SensorStates(both, alone, neither, t.present, r.present)


def sensor_evidence(states: SensorStates) -> Evidence:
    """Return the Shapley values; everything is computed in float32."""
    both = states.both.to(torch.float32)
    decided = both.argmax(1, keepdim=True)
    # Spelled as the published confidence is, so that a graph computes it once.
    with_both = -(both - both.gather(1, decided)).exp().sum(1, keepdim=True).log()
    alone_each, stands = _log_probability(states.alone.to(torch.float32), decided.repeat(2, 1, 1, 1))
    with_thermal, with_rgb = alone_each.chunk(2)
    stands_by_thermal, stands_by_rgb = stands.chunk(2)
    prior = states.neither.to(torch.float32).log_softmax(0)
    with_neither = prior.index_select(0, decided.flatten()).reshape(decided.shape)
    thermal_there, rgb_there = states.thermal_there.to(torch.float32), states.rgb_there.to(torch.float32)
    return Evidence(
        0.5 * ((with_thermal - with_neither) + (with_both - with_rgb)) * thermal_there,
        0.5 * ((with_rgb - with_neither) + (with_both - with_thermal)) * rgb_there,
        (1 - stands_by_rgb) * thermal_there + (1 - stands_by_thermal) * (2 * rgb_there),
    )


def sensor_share(thermal: Tensor, rgb: Tensor) -> Tensor:
    """Return the thermal share of the evidence for the decision, 0..1.

    share = (max(phi_T, 0) + e) / (max(phi_T, 0) + max(phi_R, 0) + 2 e), e = ``SAYS_NOTHING``. What speaks against the
    decision did not bring it about, and counts as nothing. So it is near 1 where thermal alone speaks for the
    decision, near 0 where RGB alone does, and 1/2 where both do alike or neither does.

    Args:
        thermal: Shapley values of thermal, of any shape, in nats.
        rgb: of RGB, likewise.
    """
    for_thermal, for_rgb = thermal.clamp_min(0) + SAYS_NOTHING, rgb.clamp_min(0) + SAYS_NOTHING
    return for_thermal / (for_thermal + for_rgb)


def _log_probability(logits: Tensor, chosen: Tensor) -> tuple[Tensor, Tensor]:
    """Log-probability of a class at every pixel, (B, 1, h, w), and 1 where it is the most probable one, else 0."""
    top = logits.amax(1, keepdim=True)
    below = logits.gather(1, chosen) - top
    return below - (logits - top).exp().sum(1, keepdim=True).log(), (below >= 0).to(torch.float32)
