# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The real ONNX parser and builder of TensorRT, by way of TensorRT-RTX: both work on a machine without a GPU."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from functools import cache
from typing import Any

INSTALLED = all(importlib.util.find_spec(f"tensorrt_rtx_{part}") for part in ("bindings", "libs"))
"""Whether there is something to ask."""

HINT = "TensorRT-RTX: pip install 'fusion_perception[rtx]'"


@cache
def _library() -> tuple[Any, Any, Any]:
    """The module, its builder and its logger, which live as long as the process."""
    import tensorrt_rtx_bindings as trt

    from fusion_perception.engine.tensorrt_common import make_logger

    logger = make_logger(trt)
    return trt, trt.Builder(logger), logger


def version() -> str:
    """Return that of the library."""
    return str(_library()[0].__version__)


def knows(operator: str) -> bool:
    """Whether the parser has an importer for an operator of the default domain."""
    trt, builder, logger = _library()
    network = builder.create_network(0)
    return bool(trt.OnnxParser(network, logger).supports_operator(operator))


def objections(model: bytes) -> list[str]:
    """Return what the parser has against a serialized model, with the node; empty if it takes the whole of it."""
    trt, builder, logger = _library()
    network = builder.create_network(0)
    parser = trt.OnnxParser(network, logger)
    if parser.supports_model_v2(model):
        return []
    errors = [parser.get_error(i) for i in range(parser.num_errors)]
    return [f"{error.node_operator()} '{error.node_name()}': {error.desc()}" for error in errors] or ["no reason given"]


@dataclass(frozen=True)
class Network:
    """A model as the library holds it.

    Attributes:
        inputs: names of the inputs.
        outputs: names of the outputs.
        layers: types of the layers.
        plan: the engine, serialized; empty where it was not asked for.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    layers: tuple[str, ...]
    plan: bytes


def parsed(model: bytes, *, build: bool = False) -> Network:
    """Parse a serialized model, and build it if it is asked for; AssertionError says what went wrong."""
    trt, builder, logger = _library()
    network = builder.create_network(0)
    parser = trt.OnnxParser(network, logger)
    assert parser.parse(model), [parser.get_error(i).desc() for i in range(parser.num_errors)]
    plan = builder.build_serialized_network(network, builder.create_builder_config()) if build else b""
    assert plan is not None, "the builder made nothing of it"
    return Network(
        tuple(network.get_input(i).name for i in range(network.num_inputs)),
        tuple(network.get_output(i).name for i in range(network.num_outputs)),
        tuple(network.get_layer(i).type.name for i in range(network.num_layers)),
        bytes(plan),
    )
