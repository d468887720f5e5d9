# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""UAAFusion: an unfolded optimisation with memory, guided by attribution."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor, nn

from fusion_perception.lab.nets.blocks.conv_unit import ConvUnit
from fusion_perception.lab.nets.blocks.convlstm import ConvLSTMCell, State

Attention: TypeAlias = Tensor | Callable[[Sequence[Tensor]], Tensor]
"""Either one map (B, 1, H, W) for every stage after the first, or a function of the iterates so far."""
SLOPE, OFFSET = 5.0, -2.6
"""sigmoid(5 x - 2.6) is within 0.09 of x on 0..1."""


def relay(convolution: nn.Conv2d, slope: float, offset: float = 0.0) -> None:
    """Make output channel 0 the input's channel 0 times ``slope`` plus ``offset``, and a tenth of what it was."""
    convolution.weight[0] *= 0.1
    convolution.bias[0] = offset
    convolution.weight[0, 0, 1, 1] = slope


class Memory(NamedTuple):
    """What one stage hands to the next.

    Attributes:
        long: (B, C, H, W) long-term memory, from the LSTM.
        short: (B, C, H, W) short-term memory, the features of the last stage.
        state: of the LSTM; None before its first step.
    """

    long: Tensor
    short: Tensor
    state: State | None


class ProximalStage(nn.Module):
    """The learned proximal operator of one iteration.

    F1 = CU(F0); F2 = CU([F1, long, short]); F3 = F2 + CU(F2) * gate; f = sigmoid(CU(F3)).

    Args:
        width: channels of the features.
        first: no memory of the LSTM exists yet.
        last: nothing reads the memory afterwards, so it is not updated.
        faithful: build what cannot act all the same, see ``UAAFusion``.
    """

    def __init__(self, width: int, first: bool, last: bool, faithful: bool) -> None:
        super().__init__()
        self.embed = ConvUnit(1, width, width)
        self.recall = ConvUnit(3 * width, width, width)
        self.refine = ConvUnit(width, width, width)
        self.output = ConvUnit(width, width // 2, 1)
        self.last = last
        if not last or faithful:
            self.compress = ConvUnit(3 * width, width, width)
            self.lstm = ConvLSTMCell(width, first, faithful)
            self.remember = ConvUnit(width, width, width)
        # The attention of stage 1 is zero by definition: there is no step to explain yet.
        self.gain = None if first or faithful else nn.Parameter(torch.ones(()))
        if not faithful:
            self.start_as_identity()

    @torch.no_grad()
    def start_as_identity(self) -> None:
        """Let channel 0 carry the image through, so that f = sigmoid(5 F0 - 2.6), about F0, before any training.

        An image without edges is a stationary point of the edge loss, whose absolute values have no slope there; a
        random start is one but for noise. Under Adam the biases then move first, the sigmoid saturates, and the
        fused image stays flat. Started here, the edges of the sources are in the image from the first update on.
        """
        for unit in (self.embed, self.recall):
            relay(unit[0], 1.0)
            relay(unit[2], 1.0)
        relay(self.refine[2], 0.0)
        relay(self.output[0], 1.0)
        relay(self.output[2], SLOPE, OFFSET)

    def gate(self, attention: Tensor | None) -> Tensor | float:
        """sigmoid(gain * A / rms(A)), A's root mean square taken per image; 1/2 without attention.

        The release gates with sigmoid(A); its A is of the order 1e-4, which leaves the gate at 1/2.
        """
        if attention is None:
            return 0.5
        if self.gain is None:
            return torch.sigmoid(attention)
        # Divided by the largest magnitude first: squares of small attributions underflow in half precision.
        peak = attention.abs().amax((1, 2, 3), keepdim=True).clamp_min(torch.finfo(attention.dtype).tiny)
        scaled = attention / peak
        rms = (scaled * scaled).mean((1, 2, 3), keepdim=True).clamp_min(1e-6).sqrt()
        return torch.sigmoid(self.gain * scaled / rms)

    def forward(self, data: Tensor, memory: Memory, attention: Tensor | None) -> tuple[Tensor, Memory]:
        """Return the next iterate and memory.

        Args:
            data: (B, 1, H, W) F0, the iterate after the data-fidelity step.
            memory: of the stage before.
            attention: (B, 1, H, W) signed attribution of the iterates so far, or None.
        """
        first = self.embed(data)
        second = self.recall(torch.cat([first, memory.long, memory.short], 1))
        third = second + self.refine(second) * self.gate(attention)
        fused = torch.sigmoid(self.output(third))
        if self.last:
            return fused, memory
        hidden, cell = self.lstm(self.compress(torch.cat([first, second, third], 1)), memory.state)
        return fused, Memory(self.remember(hidden), third, (hidden, cell))


class UAAFusion(nn.Module):
    """Proximal-gradient iterations with learned proximal operators (Bai et al., UAAFusion, TCSVT 2025).

    Minimises 1/2 sum_p [w_ir (f - I_ir)^2 + w_vi (f - I_vi)^2] + prior(f), w_ir + w_vi = 1, from
    f0 = (I_ir + I_vi) / 2. Stage k computes

        F0 = f - rho_k [w_ir (f - I_ir) + w_vi (f - I_vi)],   f = prox_k(F0; attention, memory).

    Sizes: 1,010,380 parameters are declared by the release, 199,175 a stage. Those that cannot influence the
    result are left out here unless ``faithful``: two heads that are never called (9,538), the recurrent
    convolution and forget gate of the first LSTM, which has no state yet, and the memory update of the last
    stage, which nothing reads. Gradients then reach every parameter.

    Args:
        width: channels of the features, even.
        stages: number of iterations, at least 2.
        faithful: as released: the result of the data-fidelity step is thrown away, the attention is neither
            normalised nor scaled, and everything declared is built.
    """

    stride = 1

    def __init__(self, width: int = 32, stages: int = 5, faithful: bool = False) -> None:
        super().__init__()
        if stages < 2 or width % 2:
            raise ValueError(f"UAAFusion needs at least 2 stages and an even width; got {stages} and {width}")
        self.faithful = faithful
        self.remember_thermal = ConvUnit(1, width // 2, width // 2)
        self.remember_luma = ConvUnit(1, width // 2, width // 2)
        self.stages = nn.ModuleList(ProximalStage(width, k == 0, k == stages - 1, faithful) for k in range(stages))
        self.step_sizes = nn.Parameter(torch.full((stages,), 1e-3))
        if faithful:
            self.never_called = nn.ModuleList(
                nn.Sequential(
                    nn.Conv2d(width, width // 2, 3, padding=1), nn.LeakyReLU(), nn.Conv2d(width // 2, 1, 3, padding=1)
                )
                for _ in range(2)
            )

    def forward(
        self, thermal: Tensor, luma: Tensor, weight: Tensor | None = None, attention: Attention | None = None
    ) -> Tensor:
        """Fuse.

        Args:
            thermal: (B, 1, H, W) in 0..1, at least 2 x 2 pixels.
            luma: (B, 1, H, W) in 0..1.
            weight: (B, 1, H, W) in 0..1, w_ir; None: 1/2 everywhere.
            attention: signed attribution of the iterates: a map (B, 1, H, W) for every stage but the first,
                or a function from the detached iterates [f0, ..., fk] to the map for the stage that comes
                next; None: zero.

        Returns:
            (B, 1, H, W) fused luminance in 0..1.
        """
        return self.iterates(thermal, luma, weight, attention)[-1]

    def iterates(
        self, thermal: Tensor, luma: Tensor, weight: Tensor | None = None, attention: Attention | None = None
    ) -> list[Tensor]:
        """Return all iterates f0, ..., fK; arguments as of ``forward``."""
        mean = 0.5 * (thermal + luma)
        # Because the weights sum to one, both pulls together are one pull towards this blend.
        blend = mean if weight is None else luma + weight * (thermal - luma)
        start = torch.cat([self.remember_thermal(thermal), self.remember_luma(luma)], 1)
        memory = Memory(start, start, None)
        results = [mean]
        for k, stage in enumerate(self.stages):
            current = results[-1]
            data = current if self.faithful else current - self.step_sizes[k] * (current - blend)
            seen = attention([f.detach() for f in results]) if callable(attention) and k else attention
            fused, memory = stage(data, memory, seen if k and isinstance(seen, Tensor) else None)
            results.append(fused)
        return results
