# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Meta training: a loss generator learns which fusion loss serves the task (TDFusion)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fusion_perception.lab.nets.colour import luma as luma_of
from fusion_perception.lab.nets.colour import recolour
from fusion_perception.lab.nets.system import System
from fusion_perception.lab.training.batches import Batch
from fusion_perception.lab.training.distributed import ALONE, Processes
from fusion_perception.lab.training.losses.edges import signed_edge_loss
from fusion_perception.lab.training.losses.segmentation import SegmentationLossConfig, segmentation_loss
from fusion_perception.lab.training.losses.weighted import weighted_intensity_loss
from fusion_perception.lab.training.optimisation.functional_step import (
    Parameters,
    functional_forward,
    functional_step,
    trainable,
)
from fusion_perception.lab.training.optimisation.updater import Updater
from fusion_perception.lab.training.source_weights.generator import GeneratedWeights
from fusion_perception.lab.training.source_weights.provider import SourceWeights
from fusion_perception.lab.training.strategies.strategy import Strategy
from fusion_perception.lab.training.streams import META, TRAIN, Streams


@dataclass(frozen=True)
class MetaConfig:
    """Settings of the meta training.

    Attributes:
        segmentation: which task loss.
        meta_steps: M, generator updates at the start of each epoch.
        learning_steps: N, fusion and task updates after them.
        gradient: alpha, weight of the edge term in the fusion loss.
        task_scale: the fused image is resized by this before the task network sees it, 0..1.
        swap: every batch is followed by a copy with the two sources exchanged, so that fuser and generator
            become nearly symmetric.
        normalised: the generator moves by its learning rate times g / max |g|; False: by the gradient itself.
        faithful: w^2 instead of w in the fusion loss, as released.
    """

    segmentation: SegmentationLossConfig
    meta_steps: int = 200
    learning_steps: int = 1000
    gradient: float = 1.0
    task_scale: float = 0.5
    swap: bool = True
    normalised: bool = True
    faithful: bool = False


class Turn(NamedTuple):
    """Where a step is.

    Attributes:
        meta: whether the generator's turn is on.
        number: how many steps of this kind came before.
    """

    meta: bool
    number: int


class MetaGradient(NamedTuple):
    """What one inner and outer step found.

    Attributes:
        gradients: of the outer task loss with respect to the generator's parameters.
        inner: fusion loss before the inner step.
        outer: task loss after the inner step, on the other batch.
    """

    gradients: list[Tensor]
    inner: Tensor
    outer: Tensor


class MetaStrategy(Strategy):
    """Fuser F, task network T and loss generator G (Bai et al., TDFusion, CVPR 2025).

    Meta step, on two batches:
        theta_F' = theta_F - eta_F grad L_f(F; G)          (kept differentiable in theta_G)
        theta_T' = theta_T - eta_T grad L_t(T(F))          (F as a constant)
        theta_G <- theta_G - eta_G grad_G L_t(T'(F'))      (other batch; F and T are then as before)
    Learning step: F takes a step on L_f with G's weights as constants, T one on L_t with F as a constant.
    L_f = mean sum_k w_k (f - I_k)^2 + alpha |grad f - stronger source gradient|.

    Everything runs in float32: the mixed second derivative does not survive bfloat16.

    Args:
        system: a cascade.
        generator: maps thermal and luma to two weight maps.
        fusion: updates F; its learning rate is also eta_F.
        task: updates T; its learning rate is also eta_T.
        generator_lr: eta_G.
        config: settings.
        processes: that train together.
    """

    def __init__(
        self,
        system: System,
        generator: nn.Module,
        fusion: Updater,
        task: Updater,
        generator_lr: float,
        config: MetaConfig,
        processes: Processes = ALONE,
    ) -> None:
        self.system: System = system
        self.generator, self.fusion, self.task = generator, fusion, task
        self.generator_lr, self.config, self.processes = generator_lr, config, processes
        self.provider = GeneratedWeights(generator)

    def turn_of(self, step: int) -> Turn:
        """Return whose turn it is at a step."""
        config = self.config
        epoch, place = divmod(step, config.meta_steps + config.learning_steps)
        if place < config.meta_steps:
            return Turn(True, epoch * config.meta_steps + place)
        return Turn(False, epoch * config.learning_steps + place - config.meta_steps)

    def step(self, step: int, streams: Streams) -> dict[str, Tensor]:
        """Do one meta or one learning step."""
        turn = self.turn_of(step)
        if turn.meta:
            return self._meta_step(step, streams(META, 2 * turn.number), streams(META, 2 * turn.number + 1))
        return self._learning_step(step, streams(TRAIN, turn.number))

    def sources(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return both sources, followed by the exchanged copy where the configuration wants it."""
        thermal, luma = batch.thermal, luma_of(batch.rgb)
        if not self.config.swap:
            return thermal, luma
        return torch.cat([thermal, luma]), torch.cat([luma, thermal])

    def fusion_loss(self, fused: Tensor, sources: tuple[Tensor, Tensor], weights: SourceWeights) -> Tensor:
        """Return L_f."""
        intensity = weighted_intensity_loss(fused, *sources, weights, square_weights=self.config.faithful)
        return intensity + self.config.gradient * signed_edge_loss(fused, *sources)

    def task_loss(self, fused: Tensor, batch: Batch, parameters: Parameters | None = None) -> Tensor:
        """Return L_t of fused luminance, with other task parameters where given."""
        copies = len(fused) // len(batch.rgb)
        segmenter = self.system.segmenter
        image = fused
        if getattr(segmenter, "in_channels", 1) == 3:
            image = recolour(fused, batch.rgb.repeat(copies, 1, 1, 1))
        image = image.clamp(0, 1)
        if self.config.task_scale != 1:
            image = F.interpolate(image, scale_factor=self.config.task_scale, mode="bilinear", align_corners=False)
        logits = segmenter(image) if parameters is None else functional_forward(segmenter, parameters, image)
        size = batch.labels.shape[-2:]
        logits = F.interpolate(logits, size=size, mode="bilinear", align_corners=False)
        return segmentation_loss(
            logits, batch.labels.repeat(copies, 1, 1), batch.complete.repeat(copies), self.config.segmentation
        )

    def meta_gradient(self, inner: Batch, outer: Batch, fusion_lr: float, task_lr: float) -> MetaGradient:
        """Return the gradient of the outer task loss with respect to the generator.

        Args:
            inner: batch of the inner steps.
            outer: batch of the outer loss.
            fusion_lr: eta_F.
            task_lr: eta_T.
        """
        fuser, segmenter = self.system.fuser, self.system.segmenter
        sources = self.sources(inner)
        theta_f, theta_t = trainable(fuser), trainable(segmenter)
        fused = functional_forward(fuser, theta_f, *sources)
        loss = self.fusion_loss(fused, sources, self.provider(*sources, inner.labels))
        moved_f = functional_step(loss, theta_f, fusion_lr)
        moved_t = functional_step(self.task_loss(fused.detach(), inner, theta_t), theta_t, task_lr, create_graph=False)
        refused = functional_forward(fuser, moved_f, *self.sources(outer))
        result = self.task_loss(refused, outer, moved_t)
        parameters = list(self.generator.parameters())
        found = torch.autograd.grad(result, parameters, allow_unused=True)
        gradients = [torch.zeros_like(p) if g is None else g for p, g in zip(parameters, found, strict=True)]
        return MetaGradient(gradients, loss.detach(), result.detach())

    def _meta_step(self, step: int, inner: Batch, outer: Batch) -> dict[str, Tensor]:
        rates = (self.fusion.learning_rate(step), self.task.learning_rate(step))
        found = self.meta_gradient(inner, outer, *rates)
        gradients = self.processes.average(found.gradients)
        factor = self.generator_lr * self.fusion.schedule(step)
        if self.config.normalised:
            factor = factor / torch.stack([g.abs().max() for g in gradients]).max().clamp_min(1e-30)
        with torch.no_grad():
            for parameter, gradient in zip(self.generator.parameters(), gradients, strict=True):
                parameter.sub_(factor * gradient)
        return self.processes.average_terms({"meta_inner": found.inner, "meta_outer": found.outer})

    def _learning_step(self, step: int, batch: Batch) -> dict[str, Tensor]:
        sources = self.sources(batch)
        fused = self.system.fuser(*sources)
        weights = self.provider.detached(*sources, batch.labels)
        fusion = self.fusion_loss(fused, sources, weights)
        task = self.task_loss(fused.detach(), batch)
        self.fusion.minimise(step, fusion)
        self.task.minimise(step, task)
        self.processes.average_buffers(self.system)
        terms = {"fusion": fusion.detach(), "task": task.detach(), "spread": weights.thermal.std()}
        return self.processes.average_terms(terms)

    def networks(self) -> dict[str, nn.Module]:
        """Return the system and the generator."""
        return {"system": self.system, "generator": self.generator}

    def updaters(self) -> dict[str, Updater]:
        """Return the optimisers of fuser and task network; the generator has none."""
        return {"fusion": self.fusion, "task": self.task}
