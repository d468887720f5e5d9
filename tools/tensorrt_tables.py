# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The tables of docs/backends.md that TensorRT's own parser and builder fill, on a machine without a GPU.

``python -m tools.tensorrt_tables docs/backends.md`` exports the shipped models in every precision and two sizes, which
takes minutes, puts each variant before TensorRT-RTX (extra ``rtx``), and brings the tables up to date. Let nothing else
run meanwhile.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import onnx

from fusion_perception.engine.build_request import BuildOptions
from fusion_perception.engine.model_file import ModelFile, open_model_file
from fusion_perception.engine.parity import synthetic_pairs
from fusion_perception.engine.plan_cache import PlanCache
from fusion_perception.engine.tensorrt_builder import build_plan
from fusion_perception.engine.tensorrt_common import create, make_logger
from fusion_perception.engine.tensorrt_libraries import tensorrt_library
from fusion_perception.lab.export.deploy_config import DeployConfig
from fusion_perception.lab.export.export_model import export_model
from fusion_perception.lab.nets.system import load_system
from tools.marked_tables import with_tables

MODELS = Path(__file__).parents[1] / "models"
SIZES = ((480, 640), (256, 320))
PRECISIONS = ("fp32", "fp16", "int8")

_LIBRARY = "tensorrt-rtx"


@dataclass(frozen=True)
class Plan:
    """What the builder made.

    Attributes:
        seconds: time of the build, parsing included.
        size: bytes of the engine.
    """

    seconds: float
    size: int


@dataclass(frozen=True)
class Variant:
    """One exported file, and what TensorRT-RTX says of it.

    Attributes:
        model: name.
        height: in pixels.
        width: in pixels.
        precision: of the graph.
        size: bytes of the file.
        plans: with attribution or without -> the plan, or None where the library has no kernels for it.
        operators: type of the first input -> operators whose nodes the parser takes.
        refused: what the parser refuses, in its words.
    """

    model: str
    height: int
    width: int
    precision: str
    size: int
    plans: dict[bool, Plan | None]
    operators: dict[str, set[str]] = field(default_factory=dict)
    refused: tuple[str, ...] = ()


def exported(folder: Path) -> Iterator[ModelFile]:
    """Yield every variant of the shipped models; the shipped files themselves are not exported again."""
    for checkpoint in sorted(MODELS.glob("*.safetensors")):
        shipped = open_model_file(checkpoint.with_suffix(".onnx"))
        for height, width in SIZES:
            for precision in PRECISIONS:
                if (height, width, precision) == tuple(
                    getattr(shipped.metadata, name) for name in ("height", "width", "precision")
                ):
                    yield shipped
                    continue
                system, _ = load_system(checkpoint)
                pairs = synthetic_pairs(height, width, 4) if precision == "int8" else None
                config = DeployConfig(height, width, precision="fp16" if precision == "fp16" else "fp32")
                path = folder / "variant.onnx"
                export_model(system, config, path, name=checkpoint.stem, int8_pairs=pairs, int8_target="tensorrt")
                yield open_model_file(path)


def examine(file: ModelFile, folder: Path) -> Variant:
    """Parse a file and, unless it is INT8, build it, without attribution and with it."""
    metadata = file.metadata
    plans: dict[bool, Plan | None] = {}
    operators: dict[str, set[str]] = {}
    refused: tuple[str, ...] = ()
    for attribution in (False, True)[: 1 + file.has_attribution]:
        data = file.data if attribution else file.without_attribution()
        refused += ask_parser(data, operators)
        plans[attribution] = None
        if metadata.precision != "int8":
            options = BuildOptions(_LIBRARY, attribution=attribution, parity_pairs=0, compute_capability="8.0+")
            report = build_plan(file, options, cache=PlanCache(folder))
            plans[attribution] = Plan(report.seconds, report.plan_bytes)
    return Variant(
        metadata.name, metadata.height, metadata.width, metadata.precision, len(file.data), plans, operators, refused
    )


def ask_parser(data: bytes, operators: dict[str, set[str]]) -> tuple[str, ...]:
    """Put the operators of nodes that the parser takes among ``operators``, and return what it refuses."""
    library = tensorrt_library(_LIBRARY)
    trt = library.load()
    logger = make_logger(trt)
    builder = create(trt.Builder, logger, library.title)
    network = builder.create_network(0)
    parser = trt.OnnxParser(network, logger)
    parser.supports_model_v2(data)
    proto = onnx.shape_inference.infer_shapes(onnx.load_from_string(data))
    types = _types(proto.graph)
    for index in range(parser.num_subgraphs):
        if parser.is_subgraph_supported(index):
            for place in parser.get_subgraph_nodes(index):
                node = proto.graph.node[place]
                kind = onnx.TensorProto.DataType.Name(types.get(node.input[0], 0)).lower()
                operators.setdefault(kind, set()).add(node.op_type)
    errors = (parser.get_error(index) for index in range(parser.num_errors))
    return tuple(f"{error.node_operator()} '{error.node_name()}': {error.desc()}" for error in errors)


def _types(graph: Any) -> dict[str, int]:
    values = (*graph.input, *graph.output, *graph.value_info)
    types = {value.name: value.type.tensor_type.elem_type for value in values}
    return types | {tensor.name: tensor.data_type for tensor in graph.initializer}


def engines_table(variants: Sequence[Variant], where: str) -> str:
    """Return a Markdown table with one row a file, and a line that says where it was made."""
    rows = [
        "| model | size | precision | file | fused + mask | with attribution |",
        "|---|---|---|---|---|---|",
    ]
    for variant in variants:
        cells = [_cell(variant, attribution) for attribution in (False, True)]
        name = f"`{variant.model}` | {variant.height} x {variant.width} | {variant.precision}"
        rows.append(f"| {name} | {_mb(variant.size)} | {cells[0]} | {cells[1]} |")
    return "\n".join([*rows, "", where])


def _cell(variant: Variant, attribution: bool) -> str:
    if attribution not in variant.plans:
        return "none"
    if variant.refused:
        return "refused"
    plan = variant.plans[attribution]
    return "parsed" if plan is None else f"{plan.seconds:.1f} s, {_mb(plan.size)}"


def _mb(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


def operators_table(variants: Sequence[Variant]) -> str:
    """Return a Markdown table of the operators that the parser takes by the type of their first input."""
    operators: dict[str, set[str]] = {}
    for variant in variants:
        for kind, names in variant.operators.items():
            operators.setdefault(kind, set()).update(names)
    rows = ["| first input | operators that the parser takes |", "|---|---|"]
    rows += [f"| {kind} | {', '.join(sorted(operators[kind]))} |" for kind in sorted(operators)]
    refused = sorted({text for variant in variants for text in variant.refused})
    return "\n".join([*rows, "", "Refused: " + ("; ".join(refused) or "none") + "."])


def main() -> int:
    """Bring the file named on the command line up to date."""
    path = Path(sys.argv[1])
    load = os.getloadavg()[0]
    version = tensorrt_library(_LIBRARY).load().__version__
    with TemporaryDirectory() as folder:
        variants = []
        for file in exported(Path(folder)):
            variants.append(examine(file, Path(folder)))
            print(variants[-1].model, *_row(variants[-1]), flush=True)
    where = (
        f"TensorRT-RTX {version}, {os.cpu_count()} CPU cores, load before {load:.1f}, plans for compute capability "
        "8.0+. Made by `python -m tools.tensorrt_tables docs/backends.md`."
    )
    tables = {"engines": engines_table(variants, where), "operators": operators_table(variants)}
    path.write_text(with_tables(path.read_text(encoding="utf-8"), "tensorrt", tables), encoding="utf-8")
    return 0


def _row(variant: Variant) -> tuple[str, ...]:
    return (
        f"{variant.height} x {variant.width}",
        variant.precision,
        *(_cell(variant, attribution) for attribution in variant.plans),
    )


if __name__ == "__main__":
    sys.exit(main())
