# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Weights from attribution: how far each source alone supports the segmentation (UAAFusion)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fusion_perception.lab.attribution.path import path_points
from fusion_perception.lab.training.frozen import evaluating
from fusion_perception.lab.training.source_weights.provider import SourceWeights
from fusion_perception.labels import IGNORE

Probabilities = Callable[[Tensor], Tensor]


class AttributionWeights:
    """Class-wise integrated gradients of the segmentation, pooled over class regions.

    For source m and class c with region R_c in one image, s_c(x) = mean over R_c of P_c(x), and along the
    straight path from black with K points (right Riemann sum)

        a_{m,c} = relu( mean over R_c of I_m(p) (1/K) sum_k ds_c(x_k)/dx_k(p) ).

    a_m is a_{m,c} painted on R_c, and w_thermal = (a_thermal + e) / (a_thermal + a_luma + 2 e). Source: Bai
    et al., UAAFusion, TCSVT 2025. The release pools over the whole batch; here every image is on its own.

    Args:
        network: the segmenter; in eval mode while attributions are computed.
        probabilities: maps (B, 1, H, W) images to (B, C, h, w) scores 0..1 through ``network``.
        points: K.
        exact: True takes one backward pass per class; False one for all, which also counts what region R_c
            adds to other classes' scores.
        pooled: pool over the batch, as the release does.
        epsilon: e.
    """

    def __init__(
        self,
        network: nn.Module,
        probabilities: Probabilities,
        points: int = 5,
        exact: bool = True,
        pooled: bool = False,
        epsilon: float = 1e-8,
    ) -> None:
        self.network, self.probabilities = network, probabilities
        self.path = path_points(points, "right")
        self.exact, self.pooled, self.epsilon = exact, pooled, epsilon

    def __call__(self, thermal: Tensor, luma: Tensor, regions: Tensor) -> SourceWeights:
        """Return the weights as constants; 1/2 where the region is unknown."""
        with evaluating(self.network), torch.enable_grad():
            support = self.support(thermal.detach(), luma.detach(), regions)
        known = regions != IGNORE
        index = torch.where(known, regions, torch.zeros_like(regions)).flatten(1)
        painted = [
            torch.where(known, s.gather(1, index).view(regions.shape), s.new_zeros(()))[:, None] for s in support
        ]
        total = painted[0] + painted[1] + 2 * self.epsilon
        return SourceWeights((painted[0] + self.epsilon) / total, (painted[1] + self.epsilon) / total)

    def support(self, thermal: Tensor, luma: Tensor, regions: Tensor) -> tuple[Tensor, Tensor]:
        """Return a_{thermal,c} and a_{luma,c}, each (B, C); classes without a region have 0."""
        batch, points = len(thermal), len(self.path)
        sources = torch.cat([thermal, luma])
        alphas, quadrature = (sources.new_tensor(v).view(-1, 1, 1, 1, 1) for v in zip(*self.path, strict=True))
        path = (alphas * sources).flatten(0, 1).requires_grad_()
        scores = self.probabilities(path).float()
        if scores.shape[-2:] != regions.shape[-2:]:
            scores = F.interpolate(scores, size=regions.shape[-2:], mode="bilinear", align_corners=False)
        classes = scores.shape[1]
        safe = torch.where(regions == IGNORE, classes, regions)
        masks = F.one_hot(safe, classes + 1)[..., :classes].permute(0, 3, 1, 2).to(scores.dtype)
        areas = masks.sum((2, 3))
        if self.pooled:
            areas = areas.sum(0, keepdim=True).expand(batch, -1)
        shares = masks / areas.clamp_min(1)[:, :, None, None]
        per_path = shares.repeat(2 * points, 1, 1, 1)
        present = [c for c in range(classes) if bool(areas[:, c].any())]
        support = sources.new_zeros(2 * batch, classes)
        groups = [[c] for c in present] if self.exact else [present]
        for group in groups:
            if not group:
                continue
            score = (scores[:, group] * per_path[:, group]).sum()
            gradient = torch.autograd.grad(score, path, retain_graph=group is not groups[-1])[0]
            attribution = sources * (quadrature * gradient.view(points, *sources.shape)).sum(0)
            support[:, group] = (attribution * shares.repeat(2, 1, 1, 1)[:, group]).sum((2, 3)).to(support.dtype)
        if self.pooled:
            support = support.view(2, batch, classes).sum(1, keepdim=True).expand(2, batch, classes).flatten(0, 1)
        support = support.relu()
        return support[:batch], support[batch:]
