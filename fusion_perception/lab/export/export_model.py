# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The whole export: deployable module, graph, precision, checks, file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from fusion_perception.engine.metadata import GRADIENT, SHAPLEY
from fusion_perception.lab.export.deployable import Deployable, DeployConfig, metadata_of
from fusion_perception.lab.export.half_storage import store_as_half
from fusion_perception.lab.export.int8 import ALWAYS_THERE, Pair, quantise_graph
from fusion_perception.lab.export.onnx_graph import to_onnx, write_model
from fusion_perception.lab.export.operators import PARSER, tensorrt_obstacles
from fusion_perception.lab.nets.system import System


def export_model(
    system: System,
    config: DeployConfig,
    path: str | Path,
    *,
    name: str,
    training: dict[str, Any] | None = None,
    quality: dict[str, Any] | None = None,
    int8_pairs: Iterable[Pair] | None = None,
    int8_target: str = "cpu",
) -> str:
    """Write a system as one ONNX file.

    Args:
        system: trained system; it is folded and frozen in place.
        config: sizes, attribution and float precision.
        path: file to write.
        name: name inside the file.
        training: record of how the weights were made.
        quality: measured figures, each with its command.
        int8_pairs: pairs for INT8 calibration; None keeps the float precision of ``config``.
        int8_target: see ``int8.quantise_graph``.

    Returns:
        A few lines for the user: what was written, and what TensorRT would not take, if anything.

    Raises:
        ModelError: the system does not fit the sizes or the attribution, or the graph is not valid.
        DataError: INT8 without pairs.
    """
    module = Deployable(system, config).eval()
    config = module.config
    proto = to_onnx(module)
    metadata = replace(metadata_of(system, config, name, training), quality=quality or {})
    if int8_pairs is not None:
        # Shapley values compare answers of the forward pass, all of which are computed alike.
        forward = module.output_names if config.attribution == SHAPLEY else ALWAYS_THERE
        proto = quantise_graph(proto, int8_pairs, int8_target, forward)
        metadata = replace(metadata, precision="int8", int8_target=int8_target)
    if store_as_half(proto) or metadata.precision == "fp16":
        metadata = replace(metadata, storage="fp16")
    path = write_model(proto, metadata, path)
    operators = Counter(node.op_type for node in proto.graph.node)
    attribution = config.attribution
    if attribution == GRADIENT:
        attribution += f", {config.attribution_steps} step(s), {config.path_rule}"
    lines = [
        f"{path}: {metadata.name}, {metadata.precision_text}, {config.height} x {config.width}, "
        f"attribution: {attribution}",
        f"  {path.stat().st_size / 1e6:.2f} MB, {sum(operators.values())} nodes, {operators['Conv']} convolutions, "
        f"outputs: {', '.join(module.output_names)}",
    ]
    obstacles = tensorrt_obstacles(proto)
    if obstacles:
        lines.append(f"  TensorRT does not take this graph: {'; '.join(obstacles[:3])}")
    else:
        lines.append(f"  TensorRT's parser takes every part of it (asked: that of {PARSER})")
    return "\n".join(lines)
