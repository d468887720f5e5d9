# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Open and judge a model file before any backend sees it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from fusion_perception.engine import onnx_wire
from fusion_perception.engine.metadata import METADATA_KEY, ModelMetadata
from fusion_perception.errors import ModelError

CHECKSUM_KEY = "fusion_perception.graph_sha256"
"""Key in ``metadata_props`` of the SHA-256 of the serialised graph; see ``seal``."""

PLAN_MAGIC = b"FPPLAN\r\n"
"""First bytes of a TensorRT plan written by this package; the line ending shows text-mode damage."""

MAX_BYTES = 1 << 30
"""Largest model accepted. The biggest model of this package is below 200 MB."""

_AGAIN = "export it again with `fusion-perception export`"

# First bytes of files that people pass by mistake, and what to say.
_FOREIGN = (
    (PLAN_MAGIC, "is a TensorRT plan, not an ONNX model; open it with backend='tensorrt'"),
    (b"ftrt", "is a bare TensorRT plan; build one with its description by `fusion-perception build MODEL.onnx`"),
    (b"PK\x03\x04", "is a zip archive or a torch checkpoint, not an ONNX model; export the model to ONNX first"),
    (b"\x80\x02", "is a pickle, which this package never opens; export the model to ONNX first"),
    (b"version https://git-lfs", "is a Git LFS pointer, not the model itself; run `git lfs pull`"),
    (b"<!DOCTYPE", "is a web page, not an ONNX model; the download went wrong"),
    (b"<html", "is a web page, not an ONNX model; the download went wrong"),
)


@dataclass(frozen=True)
class ModelFile:
    """A model file that has passed every check that needs no backend.

    Attributes:
        path: where it was read.
        data: its bytes: what was checked is what runs.
        sha256: hexadecimal digest of ``data``.
        metadata: what it says of itself.
        outputs: names of the graph outputs, in order.
        opset: version of the default operator set.
        operators: operator types, with ``domain::`` in front unless it is the default one.
        sealed: a checksum of the graph was stored and agrees.
    """

    path: Path
    data: bytes
    sha256: str
    metadata: ModelMetadata
    outputs: tuple[str, ...]
    opset: int
    operators: frozenset[str]
    sealed: bool

    @property
    def has_attribution(self) -> bool:
        """Whether the graph computes the attribution."""
        return "attribution" in self.outputs

    def without_attribution(self) -> bytes:
        """Return the model without its attribution branch, for a cheaper session."""
        return onnx_wire.without_outputs(self.data, {"attribution"}) if self.has_attribution else self.data


def read_bytes(path: str | Path, max_bytes: int = MAX_BYTES) -> bytes:
    """Read a whole file; ModelError if it is missing, empty, too large or unreadable."""
    path = Path(path)
    try:
        if path.is_dir():
            raise ModelError(f"{path} is a folder; give the model file inside it")
        if not path.is_file():
            raise ModelError(f"{path}: no such model file; check the path, or {_AGAIN.replace('it again', 'one')}")
        with path.open("rb") as stream:
            data = stream.read(max_bytes + 1)
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read: {error}; check the path and its permissions") from error
    if not data:
        raise ModelError(f"{path} is empty; copy it again or {_AGAIN}")
    if len(data) > max_bytes:
        raise ModelError(f"{path} is larger than the {max_bytes >> 20} MiB accepted for a model; {_AGAIN}")
    return data


def open_model_file(path: str | Path, *, max_bytes: int = MAX_BYTES) -> ModelFile:
    """Read an ONNX model and check it without executing anything from it.

    Args:
        path: an ONNX file written by ``fusion-perception export``.
        max_bytes: largest size accepted.

    Raises:
        ModelError: the file is missing, empty, too large, cut short, damaged, no ONNX, of another
            program, of a newer schema, reaches outside itself, or has other inputs and outputs than
            its metadata says. The message is one sentence that ends with the next step.
    """
    path = Path(path)
    data = read_bytes(path, max_bytes)
    for magic, message in _FOREIGN:
        if data.startswith(magic):
            raise ModelError(f"{path} {message}")
    try:
        scan = onnx_wire.scan_model(data)
    except onnx_wire.WireError as error:
        raise ModelError(f"{path} is no ONNX model, or damaged or cut short: {error}; {_AGAIN}") from error

    text = scan.metadata.get(METADATA_KEY)
    if text is None:
        raise ModelError(f"{path} is ONNX without '{METADATA_KEY}' metadata (foreign, or its end is missing); {_AGAIN}")
    try:
        metadata = ModelMetadata.from_json(text, str(path))
    except ModelError as error:
        raise ModelError(printable(str(error), 400 + len(str(path)))) from error
    if scan.external:
        raise ModelError(
            f"{path} keeps {len(scan.external)} of its tensors outside the file "
            f"(first: '{printable(scan.external[0])}'), which is not accepted; {_AGAIN}"
        )
    if any(name.endswith("::EPContext") for name in scan.operators):
        raise ModelError(f"{path} holds a precompiled engine (EPContext), which is not accepted; {_AGAIN}")
    _check_signature(path, scan, metadata)
    return ModelFile(
        path=path,
        data=data,
        sha256=hashlib.sha256(data).hexdigest(),
        metadata=metadata,
        outputs=tuple(spec.name for spec in scan.outputs),
        opset=scan.opset,
        operators=frozenset(scan.operators),
        sealed=_check_seal(path, data, scan),
    )


def output_shapes(metadata: ModelMetadata, *, attribution: bool) -> dict[str, tuple[int, ...]]:
    """Return name -> shape of the outputs, in the order in which engines return them."""
    size = (metadata.height, metadata.width)
    shapes: dict[str, tuple[int, ...]] = {"fused": (*size, 3), "mask": size, "confidence": size}
    if attribution:
        shapes["attribution"] = size
    return shapes


def printable(text: str, limit: int = 80) -> str:
    """Return text from a file in a form that is safe in a message: one line, no control characters, short."""
    text = "".join(c if c.isprintable() else "?" for c in text[: limit + 1])
    return text if len(text) <= limit else text[:limit] + "..."


def input_shapes(metadata: ModelMetadata) -> dict[str, tuple[int, ...]]:
    """Return name -> shape of the inputs."""
    size = (metadata.height, metadata.width)
    return {"thermal": size, "rgb": (*size, 3)}


def _check_signature(path: Path, scan: onnx_wire.ModelScan, metadata: ModelMetadata) -> None:
    wanted = {
        "input": (input_shapes(metadata), scan.inputs),
        "output": (output_shapes(metadata, attribution=metadata.attribution is not None), scan.outputs),
    }
    for kind, (shapes, found) in wanted.items():
        if {spec.name for spec in found} != set(shapes) or len(found) != len(shapes):
            raise ModelError(
                f"{path} has the {kind}s {printable(', '.join(s.name for s in found)) or 'none'}; "
                f"its metadata promises {', '.join(shapes)}; {_AGAIN}"
            )
        for spec in found:
            if spec.dtype != onnx_wire.UINT8 or spec.shape != shapes[spec.name]:
                dtype = "uint8" if spec.dtype == onnx_wire.UINT8 else f"of type {spec.dtype}"
                raise ModelError(
                    f"{path}: {kind} '{spec.name}' is {dtype} {list(spec.shape)}; "
                    f"its metadata promises uint8 {list(shapes[spec.name])}; {_AGAIN}"
                )


def _check_seal(path: Path, data: bytes, scan: onnx_wire.ModelScan) -> bool:
    stored = scan.metadata.get(CHECKSUM_KEY)
    if stored is None:
        return False
    start, end = scan.graph_span
    if hashlib.sha256(memoryview(data)[start:end]).hexdigest() != stored:
        raise ModelError(f"{path} does not agree with its checksum (damaged or edited); copy it again or {_AGAIN}")
    return True


def seal(data: bytes) -> bytes:
    """Return a serialised model with the checksum of its graph, so that flipped bits are noticed.

    Call it last: rewriting the file with another tool may change the bytes of the graph.

    Raises:
        ModelError: the bytes are no ONNX model, or have a checksum already.
    """
    try:
        scan = onnx_wire.scan_model(data)
    except onnx_wire.WireError as error:
        raise ModelError(f"cannot seal a model: {error}") from error
    if CHECKSUM_KEY in scan.metadata:
        raise ModelError("cannot seal a model twice; seal the bytes that the exporter wrote")
    start, end = scan.graph_span
    return onnx_wire.append_metadata(data, CHECKSUM_KEY, hashlib.sha256(data[start:end]).hexdigest())
