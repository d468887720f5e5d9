# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Files of weights: safetensors with a JSON document of ours and a checksum over all of it.

The checksum finds what safetensors does not: a flipped bit in a weight, or in the document. It is no signature. From
schema 2 of a document on it has to be there; files of schema 1 are older than it, and are read without.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from fusion_perception.documents.strict_json import DocumentError, read_object, write_object
from fusion_perception.errors import ModelError, require
from fusion_perception.files.atomic_file import write_bytes

HALF_ERROR = 2.0**-10
"""Largest error of a weight that is stored in half precision, as a share of the largest weight of its tensor."""

CHECKSUM_SCHEMA = 2
"""First schema with a checksum."""


@dataclass(frozen=True)
class Kind:
    """A kind of file.

    Attributes:
        key: of its document in the metadata of safetensors; the checksum is under this key with ``.sha256``.
        what: its name in messages, with its article.
        again: the next step in messages.
    """

    key: str
    what: str
    again: str


def write_tensors(path: Path, kind: Kind, document: dict[str, Any], tensors: Mapping[str, Tensor]) -> None:
    """Write tensors and their document, whole or not at all.

    Args:
        path: the file.
        kind: its kind.
        document: what it says; ``schema_version`` is 2 or higher.
        tensors: on the CPU, contiguous, none sharing memory with another.

    Raises:
        ModelError: the document says what a reader would refuse.
        DataError: the file cannot be written.
    """
    safetensors = require("safetensors.torch", f"saving {kind.what}")
    try:
        text = write_object(document)
    except DocumentError as error:
        raise ModelError(f"{path}: {kind.what} cannot say what it should: {error}; {kind.again}") from error
    metadata = {kind.key: text, f"{kind.key}.sha256": checksum(text, tensors)}
    # As bytes: the library's errors of a full disk are its own, and it leaves what it has written so far.
    write_bytes(path, safetensors.save(dict(tensors), metadata=metadata))


def read_tensors(
    path: Path, kind: Kind, highest: int, *, with_tensors: bool = True
) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Read a document and its tensors, on the CPU.

    Args:
        path: the file.
        kind: its kind.
        highest: highest schema that is read.
        with_tensors: False reads the document alone, and checks no checksum.

    Raises:
        ModelError: the file is damaged, cut short, foreign or newer than this package.
    """
    safe_open = require("safetensors", f"loading {kind.what}").safe_open
    try:
        with safe_open(str(path), framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()} if with_tensors else {}  # noqa: SIM118
    except Exception as error:  # safetensors raises its own type for every kind of damage
        raise ModelError(f"{path}: not {kind.what} that can be read ({error}); {kind.again}") from error
    text = metadata.get(kind.key)
    if text is None:
        raise ModelError(f"{path}: not {kind.what} of fusion_perception, but of another program; {kind.again}")
    try:
        document = read_object(text)
    except DocumentError as error:
        raise ModelError(f"{path}: its document cannot be used: {error}; {kind.again}") from error
    schema = document.get("schema_version")
    if not isinstance(schema, int) or isinstance(schema, bool) or schema < 1:
        raise ModelError(f"{path}: its document has no schema_version; {kind.again}")
    if schema > highest:
        raise ModelError(
            f"{path}: {kind.what} of schema {schema}, this package reads up to {highest}; update fusion_perception"
        )
    stored = metadata.get(f"{kind.key}.sha256")
    if with_tensors and (schema >= CHECKSUM_SCHEMA or stored is not None) and stored != checksum(text, tensors):
        raise ModelError(
            f"{path}: does not agree with its checksum (damaged or edited); copy it again, or {kind.again}"
        )
    return document, tensors


def halved(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return tensors to be stored: float16 where that is as good, and what they were where it is not.

    Float32 stay tensors of one dimension and less (statistics and gains of norms, biases: few numbers, some of them
    large), and those that float16 cannot hold to ``HALF_ERROR``: beyond its range, or all of them very small.
    """
    return {name: _halved(tensor) for name, tensor in tensors.items()}


def _halved(tensor: Tensor) -> Tensor:
    if tensor.dtype != torch.float32 or tensor.dim() < 2 or not tensor.numel():
        return tensor
    half = tensor.to(torch.float16)
    good = bool((half.to(torch.float32) - tensor).abs().max() <= HALF_ERROR * tensor.abs().max())
    return half if good else tensor  # also where something is not a number


def checksum(text: str, tensors: Mapping[str, Tensor]) -> str:
    """Return the SHA-256 of a document and of name, type, shape and bytes of every tensor, sorted by name."""
    digest = hashlib.sha256(text.encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"\n{name} {tensor.dtype} {list(tensor.shape)}\n".encode())
        digest.update(tensor.detach().contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
