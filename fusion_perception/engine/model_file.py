# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Open and judge a model file before any backend sees it."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from fusion_perception.engine.metadata import METADATA_KEY, ModelMetadata
from fusion_perception.engine.onnx_bounds import Bounds, check_bounds
from fusion_perception.engine.onnx_edit import append_metadata, without_outputs
from fusion_perception.engine.onnx_scan import ModelScan, scan_model
from fusion_perception.engine.onnx_tensor import FLOAT, UINT8
from fusion_perception.engine.onnx_wire import NotAcceptedError, WireError
from fusion_perception.errors import ModelError
from fusion_perception.outputs import ATTRIBUTION
from fusion_perception.text import printable

CHECKSUM_KEY = "fusion_perception.graph_sha256"
"""Key in ``metadata_props`` of the SHA-256 of the serialised graph; see ``seal``."""

PLAN_MAGIC = b"FPPLAN\r\n"
"""First bytes of a TensorRT plan written by this package; the line ending shows text-mode damage."""

MAX_BYTES = 1 << 30
"""Largest model accepted. The biggest model of this package is below 200 MB."""

_DTYPES = {UINT8: "uint8", FLOAT: "float32"}  # of inputs and outputs, as NumPy names them
_REASON = 240  # characters of a reason in a message
_AGAIN = "export it again with `fusion-perception export`"

# First bytes of files that people pass by mistake, and what to say.
_FOREIGN = (
    (PLAN_MAGIC, "is a TensorRT plan, not an ONNX model; open it with backend='auto'"),
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
        bounds: memory and multiplications that it needs.
        sealed: a checksum of the graph was stored and agrees.
    """

    path: Path
    data: bytes
    sha256: str
    metadata: ModelMetadata
    outputs: tuple[str, ...]
    opset: int
    operators: frozenset[str]
    bounds: Bounds
    sealed: bool

    @property
    def has_attribution(self) -> bool:
        """Whether the graph computes the attribution."""
        return self.metadata.attribution is not None

    def without_attribution(self) -> bytes:
        """Return the model without its attribution branch, for a cheaper session."""
        names = {row.name for row in self.metadata.outputs() if row.when == ATTRIBUTION}
        return without_outputs(self.data, names) if names else self.data


def read_bytes(path: str | Path, max_bytes: int = MAX_BYTES) -> bytes:
    """Read a whole file; ModelError if it is missing, empty, too large or unreadable.

    No more memory is taken than the file has bytes, and none at all for one that is too large.
    """
    path = Path(path)
    try:
        if path.is_dir():
            raise ModelError(f"{path} is a folder; give the model file inside it")
        # Without waiting for a writer, in case it is a pipe.
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb", buffering=0) as stream:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                raise ModelError(f"{path} is a device or a pipe, not a file; copy the model into a file")
            if status.st_size > max_bytes:
                raise ModelError(f"{path} is larger than the {max_bytes >> 20} MiB accepted for a model; {_AGAIN}")
            parts = []
            left = status.st_size
            while left and (part := stream.read(left)):
                parts.append(part)
                left -= len(part)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ModelError(
            f"{path}: no such model file; check the path, or {_AGAIN.replace('it again', 'one')}"
        ) from error
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read: {error}; check the path and its permissions") from error
    data = parts[0] if len(parts) == 1 else b"".join(parts)
    if not data:
        raise ModelError(f"{path} is empty; copy it again or {_AGAIN}")
    return data


def open_model_file(path: str | Path, *, max_bytes: int = MAX_BYTES) -> ModelFile:
    """Read an ONNX model and check it without executing anything from it.

    What is accepted is what ``fusion-perception export`` writes: its operators and attributes, no functions and no
    control flow, nothing outside the file, one spelling of every record, and a graph whose need of memory and time is
    known and bounded before a backend sees it.

    Args:
        path: an ONNX file written by ``fusion-perception export``.
        max_bytes: largest size accepted.

    Raises:
        ModelError: the file is missing, empty, too large, cut short, damaged, no ONNX, of another
            program, of a newer schema, holds what the export does not write, needs too much memory or time, or has
            other inputs and outputs than its metadata says. The message is one sentence that ends with the next step.
    """
    path = Path(path)
    data = read_bytes(path, max_bytes)
    for magic, message in _FOREIGN:
        if data.startswith(magic):
            raise ModelError(f"{path} {message}")
    try:
        scan = scan_model(data)
    except WireError as error:
        _refuse(str(path), error)
    text = scan.metadata.get(METADATA_KEY)
    if text is None:
        raise ModelError(f"{path} is ONNX without '{METADATA_KEY}' metadata (foreign, or its end is missing); {_AGAIN}")
    others = sorted(set(scan.metadata) - {METADATA_KEY, CHECKSUM_KEY})
    if others:
        raise ModelError(f"{path} holds the metadata '{printable(others[0], 80)}' of another program; {_AGAIN}")
    metadata = ModelMetadata.from_json(text, str(path))
    _check_signature(path, scan, metadata)
    sealed = _check_seal(path, data, scan)
    try:
        bounds = check_bounds(scan)
    except WireError as error:
        _refuse(str(path), error)
    return ModelFile(
        path=path,
        data=data,
        sha256=hashlib.sha256(data).hexdigest(),
        metadata=metadata,
        outputs=tuple(spec.name for spec in scan.outputs),
        opset=scan.opset,
        operators=frozenset(scan.operators),
        bounds=bounds,
        sealed=sealed,
    )


def _refuse(what: str, error: WireError) -> NoReturn:
    if isinstance(error, NotAcceptedError):
        reason = printable(str(error), _REASON)
        raise ModelError(
            f"{what} holds {reason}; this package never writes that (damaged, or of another program), and does not "
            f"accept it; {_AGAIN}"
        ) from error
    raise ModelError(
        f"{what} is no ONNX model, or damaged or cut short: {printable(str(error), _REASON)}; {_AGAIN}"
    ) from error


def input_shapes(metadata: ModelMetadata) -> dict[str, tuple[int, ...]]:
    """Return name -> shape of the inputs."""
    size = (metadata.height, metadata.width)
    return {"thermal": size, "rgb": (*size, 3)}


def _check_signature(path: Path, scan: ModelScan, metadata: ModelMetadata) -> None:
    inputs = {name: ("uint8", shape) for name, shape in input_shapes(metadata).items()}
    outputs = {row.name: (row.dtype, row.shape(metadata.height, metadata.width)) for row in metadata.outputs()}
    for kind, promised, found in (("input", inputs, scan.inputs), ("output", outputs, scan.outputs)):
        if {spec.name for spec in found} != set(promised) or len(found) != len(promised):
            raise ModelError(
                f"{path} has the {kind}s {printable(', '.join(s.name for s in found)) or 'none'}; "
                f"its metadata promises {', '.join(promised)}; {_AGAIN}"
            )
        for spec in found:
            dtype, shape = promised[spec.name]
            if (_DTYPES.get(spec.dtype), spec.shape) != (dtype, shape):
                raise ModelError(
                    f"{path}: {kind} '{spec.name}' is {_DTYPES.get(spec.dtype, f'of type {spec.dtype}')} "
                    f"{list(spec.shape)}; its metadata promises {dtype} {list(shape)}; {_AGAIN}"
                )


def _check_seal(path: Path, data: bytes, scan: ModelScan) -> bool:
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
        ModelError: the bytes are no ONNX model, hold what ``open_model_file`` would refuse, or have a checksum already.
    """
    try:
        scan = scan_model(data)
        check_bounds(scan)
    except WireError as error:
        _refuse("cannot seal: the model", error)
    if CHECKSUM_KEY in scan.metadata:
        raise ModelError("cannot seal a model twice; seal the bytes that the exporter wrote")
    start, end = scan.graph_span
    return append_metadata(data, CHECKSUM_KEY, hashlib.sha256(data[start:end]).hexdigest())
