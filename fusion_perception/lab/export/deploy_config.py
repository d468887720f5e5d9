# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""How a system is put into a graph."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fusion_perception.engine.metadata import GRADIENT, SHAPLEY, AttributionInfo
from fusion_perception.errors import ModelError

AUTO, NONE = "auto", "none"

ATTRIBUTIONS = (SHAPLEY, GRADIENT, NONE)
"""Methods of attribution that can be asked for; ``"auto"`` is the first that the network can do."""


@dataclass(frozen=True)
class DeployConfig:
    """How a system is put into a graph.

    Attributes:
        height: image height in pixels, a multiple of the network's stride.
        width: image width in pixels, likewise.
        attribution_steps: path points K of the gradient attribution, 0 leaves the attribution out; None: 1, where the
            attribution is a gradient.
        rule: quadrature rule of the path, see ``attribution.path``; None: ``"right"`` for one step, whose
            only point is the image itself, so that the forward pass is shared; else ``"power"``.
        window: side of the pooling square of the gradient's thermal share in pixels.
        precision: ``"fp32"``, ``"fp16"`` or ``"bf16"``: what the networks compute in.
        signed_maps: also return the signed attributions of both sensors by gradient, float32.
        attribution: one of ``ATTRIBUTIONS``, or ``"auto"``: the gradient where there are ``attribution_steps``, else
            Shapley values where the network can be asked about each sensor alone, else the gradient.
    """

    height: int = 480
    width: int = 640
    attribution_steps: int | None = None
    rule: str | None = None
    window: int = 16
    precision: str = "fp32"
    signed_maps: bool = False
    attribution: str = AUTO

    def settled(self, has_states: bool) -> DeployConfig:
        """Return what is left when the method is chosen: one of ``ATTRIBUTIONS``, and steps where they have a meaning.

        Args:
            has_states: the network can be asked about each sensor alone.

        Raises:
            ModelError: unknown method, one that the network cannot do, or settings that have no meaning for it.
        """
        method, steps = self.attribution, self.attribution_steps
        if method not in (*ATTRIBUTIONS, AUTO):
            raise ModelError(f"attribution '{method}' is not one of {', '.join((*ATTRIBUTIONS, AUTO))}")
        if method == AUTO:
            method = GRADIENT if steps or not has_states else SHAPLEY
        if steps == 0:
            method = NONE
        if method == SHAPLEY and not has_states:
            raise ModelError(
                "this network cannot be asked what each sensor says alone, which Shapley values need; "
                f"choose attribution '{GRADIENT}', or train a network of two streams"
            )
        if method == SHAPLEY and steps:
            raise ModelError(f"{steps} path point(s) are of the gradient; leave them out, or choose '{GRADIENT}'")
        if method != GRADIENT and self.signed_maps:
            raise ModelError(f"the signed maps are of attribution '{GRADIENT}'; Shapley values have their own, always")
        return replace(self, attribution=method, attribution_steps=(steps or 1) if method == GRADIENT else None)

    @property
    def path_rule(self) -> str:
        """The quadrature rule in use."""
        return self.rule or ("right" if self.attribution_steps in (1, None) else "power")

    @property
    def attribution_info(self) -> AttributionInfo | None:
        """What the model's document says of its attribution; of a config that is ``settled``."""
        if self.attribution == SHAPLEY:
            return AttributionInfo.shapley()
        if self.attribution == GRADIENT:
            return AttributionInfo(self.attribution_steps or 1, self.path_rule, window=self.window)
        return None

    @property
    def output_names(self) -> list[str]:
        """Names of what ``Deployable.forward`` returns, in order; of those in the table of outputs, in its order.

        Of a config that is ``settled``.
        """
        names = ["fused", "mask", "confidence"]
        if self.attribution != NONE:
            names.append("attribution")
        if self.attribution == SHAPLEY:
            names += ["signed_thermal", "signed_rgb", "needed"]
        elif self.signed_maps:
            names += ["attribution_thermal", "attribution_rgb"]
        return names
