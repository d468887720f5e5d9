# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A system as it is deployed: two uint8 images in, uint8 maps out, attribution included."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fusion_perception import __version__
from fusion_perception.documents.strict_json import DocumentError
from fusion_perception.engine.metadata import GRADIENT, SHAPLEY, ModelMetadata
from fusion_perception.errors import ModelError
from fusion_perception.lab.attribution.path import autograd_gradient, integrated_gradients, path_points
from fusion_perception.lab.attribution.shapley import (
    Evidence,
    can_be_asked,
    sensor_evidence,
    sensor_share,
    sensor_states,
)
from fusion_perception.lab.attribution.share import thermal_share
from fusion_perception.lab.attribution.targets import predicted_region_weights
from fusion_perception.lab.attribution.traced_gradient import trace_input_gradient, trace_output_and_gradient
from fusion_perception.lab.export.deploy_config import NONE, DeployConfig
from fusion_perception.lab.export.half_storage import round_to_half
from fusion_perception.lab.nets.blocks.conv import fold_batch_norm
from fusion_perception.lab.nets.blocks.pixel_shuffle import pixel_shuffle
from fusion_perception.lab.nets.colour import luma
from fusion_perception.lab.nets.system import System, load_system
from fusion_perception.outputs import further
from fusion_perception.text import printable

DTYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}
"""Precisions of the networks; bf16 is for the torch backend, TensorRT and ONNX Runtime get fp16."""


def quantise(image: Tensor) -> Tensor:
    """0..255 float -> uint8, rounded to the nearest; out-of-range values are clamped."""
    return (image + 0.5).clamp(0.0, 255.0).to(torch.uint8)


class Deployable(nn.Module):
    """Everything from the cameras' uint8 images to the published uint8 maps.

    Args:
        system: a trained system; it is folded, rounded to what FP16 can say and frozen in place.
        config: sizes, attribution and precision.

    Raises:
        ModelError: a size that the network cannot take, an unknown precision, or an attribution that it cannot do.
    """

    def __init__(self, system: System, config: DeployConfig) -> None:
        super().__init__()
        config = config.settled(can_be_asked(system))
        stride = max(int(getattr(system.fuser, "stride", 1)), int(getattr(system.segmenter, "stride", 1)), 8)
        if config.height % stride or config.width % stride or min(config.height, config.width) < 2 * stride:
            raise ModelError(
                f"input size {config.height} x {config.width} does not fit this network; "
                f"height and width must be multiples of {stride}, at least {2 * stride}"
            )
        if config.precision not in DTYPES:
            raise ModelError(f"precision '{config.precision}' is not one of {', '.join(DTYPES)}")
        self.config = config
        self.dtype = DTYPES[config.precision]
        # As the file stores them: the graph and the torch backend compute with the same weights.
        self.system = round_to_half(fold_batch_norm(system)).requires_grad_(False).to(self.dtype)
        segmenter = self.system.segmenter
        # Class, confidence and evidence are of each pixel alone: deciding first leaves one plane to bring in order.
        self.packing = 1
        if hasattr(segmenter, "packed") and config.attribution != GRADIENT:
            self.packing, segmenter.packed = segmenter.shuffle, segmenter.shuffle > 1
        self.shared: nn.Module | None = None
        self.gradient: nn.Module | None = None
        points = config.attribution_steps or 0
        if config.attribution == GRADIENT:
            size = (config.height, config.width)
            # Tracing happens on the system's device: constants that the traced code makes stay where they were made.
            device = next(system.parameters()).device
            thermal = torch.rand(1, 1, *size, dtype=self.dtype, device=device)
            rgb = torch.rand(1, 3, *size, dtype=self.dtype, device=device)
            if path_points(points, config.path_rule) == [(1.0, 1.0)]:
                self.shared = trace_output_and_gradient(self.system, predicted_region_weights, thermal, rgb)
            else:
                with torch.no_grad():
                    weights = predicted_region_weights(self.system.segment(thermal, rgb))
                self.gradient = trace_input_gradient(
                    self.system.segment, thermal.expand(points, -1, -1, -1), rgb.expand(points, -1, -1, -1), weights
                )

    def prepare(self, thermal: Tensor, rgb: Tensor) -> tuple[Tensor, Tensor]:
        """uint8 (H, W) and (H, W, 3) -> (1, 1, H, W) and (1, 3, H, W) in 0..1.

        The cast comes first: TensorRT takes uint8 only at the graph's border.
        """
        height, width = self.config.height, self.config.width
        planes = rgb.to(torch.float32).reshape(height * width, 3).t().reshape(1, 3, height, width)
        return (
            (thermal.to(torch.float32)[None, None] * (1 / 255)).to(self.dtype),
            (planes * (1 / 255)).to(self.dtype),
        )

    def maps(self, fused: Tensor, logits: Tensor, rgb: Tensor, rgb_bytes: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Fused luminance and logits -> fused image (H, W, 3), mask (H, W), confidence (H, W), uint8.

        Nothing may follow the casts to uint8: TensorRT takes that type only at the graph's border.
        """
        height, width = self.config.height, self.config.width
        # Adding the luminance difference to R, G and B keeps Cr and Cb; a product with ones spreads it over the
        # interleaved channels faster than broadcasting does. What belongs to a pixel is added before that.
        change = (fused - luma(rgb)).to(torch.float32) * 255.0 + 0.5
        # The shapes keep engines from merging product and sum, which takes ONNX Runtime three times as long.
        spread = (change.reshape(height * width, 1) @ torch.ones(1, 3, device=change.device)).reshape(height, width, 3)
        logits = logits.to(torch.float32)
        ids = logits.argmax(1, keepdim=True)
        top = logits.gather(1, ids)
        confidence = 1.0 / (logits - top).exp().sum(1, keepdim=True)
        return (
            (rgb_bytes.to(torch.float32) + spread).clamp(0.0, 255.0).to(torch.uint8),
            self._enlarge(ids.to(torch.float32)).to(torch.uint8),
            self._enlarge(confidence * 255.0 + 0.5).to(torch.uint8),
        )

    def evidence_maps(self, evidence: Evidence) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Shapley values -> thermal share uint8, evidence of thermal and of RGB float32, needed sensors uint8."""
        share = (sensor_share(evidence.thermal, evidence.rgb) * 256.0 + 0.5).clamp(0.0, 255.0)
        return (
            self._enlarge(share).to(torch.uint8),
            self._enlarge(evidence.thermal),
            self._enlarge(evidence.rgb),
            self._enlarge(evidence.needed).to(torch.uint8),
        )

    def _enlarge(self, plane: Tensor) -> Tensor:
        """(1, 1, h, w), or packed as the segmenter does, -> (H, W), by repeating pixels."""
        height, width = self.config.height, self.config.width
        if self.packing > 1:
            factor = self.packing
            rows = math.isqrt(plane.numel() * height // width) // factor
            plane = pixel_shuffle(plane.reshape(1, factor**2, rows, -1), factor)
        if plane.shape[-1] != width:
            plane = F.interpolate(plane, size=(height, width), mode="nearest")
        return plane.reshape(height, width)

    def explain(self, thermal: Tensor, rgb: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Fused luminance, logits, and the signed attributions of thermal and RGB by gradient."""
        if self.shared is not None:
            fused, logits, grad_thermal, grad_rgb = self.shared(thermal, rgb)
            return fused, logits, thermal * grad_thermal, rgb * grad_rgb
        fused, logits = self.system(thermal, rgb)
        gradient = self.gradient if self.gradient is not None else autograd_gradient(self.system.segment)
        weights = predicted_region_weights(logits)
        steps = self.config.attribution_steps or 1
        signed = integrated_gradients(gradient, thermal, rgb, weights, steps, self.config.path_rule)
        return fused, logits, *signed

    def forward(self, thermal: Tensor, rgb: Tensor) -> tuple[Tensor, ...]:
        """Run once.

        Args:
            thermal: (H, W) uint8.
            rgb: (H, W, 3) uint8.

        Returns:
            fused (H, W, 3), mask (H, W), confidence (H, W) and, with attribution, the thermal share
            (H, W), all uint8. With Shapley values also the evidence of thermal and of RGB, (H, W) float32, and the
            needed sensors, (H, W) uint8; with ``signed_maps`` thermal (1, H, W) and RGB (3, H, W) float32.
        """
        t, c = self.prepare(thermal, rgb)
        if self.config.attribution == NONE:
            output = self.system(t, c)
            return self.maps(output.fused, output.logits, c, rgb)
        if self.config.attribution == SHAPLEY:
            states = sensor_states(self.system, t, c)
            maps = self.maps(self.system.fuse(t, c), states.both, c, rgb)
            return *maps, *self.evidence_maps(sensor_evidence(states))
        fused, logits, signed_thermal, signed_rgb = self.explain(t, c)
        signed_thermal, signed_rgb = signed_thermal.to(torch.float32), signed_rgb.to(torch.float32)
        share = quantise(thermal_share(signed_thermal, signed_rgb, self.config.window)[0, 0] * 256.0)
        results = (*self.maps(fused, logits, c, rgb), share)
        return (*results, signed_thermal[0], signed_rgb[0]) if self.config.signed_maps else results

    @property
    def output_names(self) -> list[str]:
        """Names of what ``forward`` returns, in order."""
        return self.config.output_names


def metadata_of(
    system: System, config: DeployConfig, name: str, training: dict[str, Any] | None = None
) -> ModelMetadata:
    """Return the document that describes ``system`` deployed with ``config``.

    Args:
        system: what is deployed.
        config: sizes, attribution and precision.
        name: its name, for example that of its file; what cannot be printed of it is spelled out.
        training: record of how the weights were made.

    Raises:
        ModelError: the record says what no document may say, for example an infinite number.
    """
    config = config.settled(can_be_asked(system))
    try:
        return ModelMetadata(
            name=printable(name, 100),
            labels=system.labels,
            height=config.height,
            width=config.width,
            precision=config.precision,
            attribution=config.attribution_info,
            training=training or {},
            created_by=f"fusion_perception {__version__}",
            further_outputs=further(config.output_names),
        )
    except DocumentError as error:
        raise ModelError(
            f"the model's document says what is not allowed: {error}; train or name it otherwise"
        ) from error


def load_deployable(
    path: str | Path, config: DeployConfig, device: str | torch.device = "cpu"
) -> tuple[Deployable, ModelMetadata]:
    """Open a checkpoint for the torch backend, on ``device``.

    Raises:
        ModelError: see ``load_system`` and ``Deployable``.
    """
    system, training = load_system(path)
    return Deployable(system.to(device), config).eval(), metadata_of(system, config, Path(path).stem, training)
