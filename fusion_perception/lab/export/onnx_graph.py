# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""From a deployable module to a checked ONNX file with its metadata inside."""

from __future__ import annotations

import contextlib
import hashlib
import io
import logging
import warnings
from pathlib import Path
from typing import Any

import torch

from fusion_perception.engine.metadata import METADATA_KEY, ModelMetadata
from fusion_perception.engine.model_file import seal
from fusion_perception.engine.onnx_scan import IR_VERSIONS, OPSET
from fusion_perception.engine.onnxruntime_import import disable_telemetry
from fusion_perception.errors import ModelError, require
from fusion_perception.files.atomic_file import write_bytes
from fusion_perception.lab.export.deployable import Deployable

IR_VERSION = IR_VERSIONS[-1]
"""Version of the file format: 10, which ONNX Runtime reads from 1.18 on, whatever the installed ``onnx`` writes."""


def to_onnx(module: Deployable) -> Any:
    """Trace ``module`` into an ``onnx.ModelProto`` without metadata."""
    require("onnx", "exporting a model")
    disable_telemetry()  # parts of the exporter import ONNX Runtime by themselves
    optimizer = require("onnxscript.optimizer", "exporting a model")
    height, width = module.config.height, module.config.width
    example = (torch.zeros(height, width, dtype=torch.uint8), torch.zeros(height, width, 3, dtype=torch.uint8))
    # The exporter reports its own progress and deprecations; none of it concerns the user.
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with torch.no_grad(), warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            module,
            example,
            dynamo=True,
            input_names=["thermal", "rgb"],
            output_names=module.output_names,
            opset_version=OPSET,
            verbose=False,
            optimize=False,
        )
        if program is None:
            raise ModelError("the ONNX exporter returned nothing; run it again with TORCH_LOGS=onnx to see why")
        # Two thirds of a fresh graph are constants. The optimiser's time grows with the square of the number of
        # nodes: without them it finds the same graph in half the time or less.
        optimizer.fold_constants(program.model)
        optimizer.remove_unused_nodes(program.model)
        program.optimize()
    return share_weights(strip_debug(program.model_proto))


def share_weights(proto: Any) -> Any:
    """Keep one of the initialisers that are equal in type, shape and content.

    The gradient uses the weights of the forward pass once more, and a network that looks at an image several
    times uses all of them as often; the exporter writes some of them anew each time.
    """
    first: dict[tuple[Any, ...], str] = {}
    renamed: dict[str, str] = {}
    for tensor in proto.graph.initializer:
        if not tensor.raw_data:
            continue
        key = (tensor.data_type, tuple(tensor.dims), hashlib.sha256(tensor.raw_data).digest())
        kept = first.setdefault(key, tensor.name)
        if kept != tensor.name:
            renamed[tensor.name] = kept
    for node in proto.graph.node:
        for i, name in enumerate(node.input):
            if name in renamed:
                node.input[i] = renamed[name]
    kept_tensors = [t for t in proto.graph.initializer if t.name not in renamed]
    del proto.graph.initializer[:]
    proto.graph.initializer.extend(kept_tensors)
    return proto


def strip_debug(proto: Any) -> Any:
    """Remove the exporter's stack traces and doc strings: they carry paths of the exporting machine."""
    proto.doc_string = ""
    proto.graph.doc_string = ""
    del proto.metadata_props[:]
    del proto.graph.metadata_props[:]
    for item in (
        *proto.graph.node,
        *proto.graph.value_info,
        *proto.graph.input,
        *proto.graph.output,
        *proto.graph.initializer,
    ):
        item.doc_string = ""
        del item.metadata_props[:]
    return proto


def write_model(proto: Any, metadata: ModelMetadata, path: str | Path) -> Path:
    """Check a graph, put its metadata in, and write it atomically.

    Raises:
        ModelError: the checker or the shape inference rejects the graph, or a node would not open it again.
        DataError: the file cannot be written.
    """
    onnx = require("onnx", "exporting a model")
    path = Path(path)
    del proto.metadata_props[:]
    onnx.helper.set_model_props(proto, {METADATA_KEY: metadata.to_json()})
    proto.ir_version = IR_VERSION
    proto.producer_name = "fusion_perception"
    proto.producer_version = metadata.created_by.rpartition(" ")[2]
    try:
        onnx.checker.check_model(proto, full_check=True)
        onnx.shape_inference.infer_shapes(proto, check_type=True, strict_mode=True, data_prop=True)
    except Exception as error:  # the checker's own exception types are not a stable API
        raise ModelError(f"{path}: the exported graph is not valid ONNX ({error})") from error
    write_bytes(path, seal(proto.SerializeToString()))
    return path
