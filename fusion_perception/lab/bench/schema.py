# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What a benchmark document holds, and the check that it does.

A document is read by tools and years later: a change of meaning is a new ``SCHEMA_VERSION``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fusion_perception.errors import DataError
from fusion_perception.text_file import read_text

SCHEMA_VERSION = 1

_NUMBER = (int, float)
_LATENCY = {"p50": _NUMBER, "p95": _NUMBER, "mean": _NUMBER, "min": _NUMBER, "max": _NUMBER, "calls": int}
_CASE: dict[str, Any] = {
    "model": str,
    "file": str,
    "backend": str,
    "provider": str,
    "device": str,
    "precision": str,
    "stored_precision": str,
    "attribution": bool,
    "attribution_steps": int,
    "height": int,
    "width": int,
    "notes": [str],
    "latency_ms": _LATENCY,
}
_RESULT = {
    **_CASE,
    "stages_ms": {"copy_in": _NUMBER, "run": _NUMBER, "copy_out": _NUMBER},
    "cpu_ms_per_call": _NUMBER,
    "pairs_per_second": _NUMBER,
    "peak_memory_bytes": (int, type(None)),
    "device_memory_bytes": (int, type(None)),
    "file_bytes": int,
    "parameters": (int, type(None)),
    "weight_bytes": (int, type(None)),
    "flops": (int, type(None)),
    "traffic_bytes": (int, type(None)),
    "flops_by_kind": dict,
    "roofline": (
        {
            "total_ms": _NUMBER,
            "compute_ms": _NUMBER,
            "memory_ms": _NUMBER,
            "memory_bound_share": _NUMBER,
            "efficiency": _NUMBER,
        },
        type(None),
    ),
}
SCHEMA: dict[str, Any] = {
    "schema": str,
    "schema_version": int,
    "created": str,
    "commit": ({"id": str, "modified": bool}, type(None)),
    "machine": {
        "cpu": str,
        "architecture": str,
        "cores": int,
        "memory_gib": _NUMBER,
        "system": str,
        "load_before": (int, float, type(None)),
    },
    "versions": dict,
    "settings": {"seconds": _NUMBER, "threads": int, "spin": bool, "pairs": int},
    "ceilings": [{"device": str, "threads": int, "gflops": dict, "gbytes": _NUMBER}],
    "results": [_RESULT],
    "comparison": (
        {
            "a": _CASE,
            "b": _CASE,
            "ratio_b_to_a": {"median": _NUMBER, "p05": _NUMBER, "p95": _NUMBER},
            "agreement": dict,
        },
        type(None),
    ),
}
"""Keys with their types: a tuple is a choice, a dictionary an object with exactly these keys, a list of one
an array. Times are ms, sizes bytes, rates 10^9 a second."""


def validate(document: Any) -> None:
    """Raise DataError, naming the place, unless the document keeps to the schema."""
    if not isinstance(document, dict) or document.get("schema") != "fusion_perception.bench":
        raise DataError("this is no benchmark document: its 'schema' is not 'fusion_perception.bench'")
    version = document.get("schema_version")
    if version != SCHEMA_VERSION:
        raise DataError(f"benchmark document of schema {version!r}; this package reads {SCHEMA_VERSION}, run it again")
    fault = _fault(document, SCHEMA, "")
    if fault:
        raise DataError(f"benchmark document: {fault}; run the benchmark again")


def read_document(path: str | Path) -> dict[str, Any]:
    """Read and validate a document; DataError if that fails."""
    try:
        document = json.loads(read_text(Path(path)))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{path} is no benchmark document: {error}") from error
    try:
        validate(document)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    return dict(document)


def _fault(value: Any, schema: Any, place: str) -> str:
    """Return what is wrong first, or nothing."""
    if isinstance(schema, tuple):
        faults = [_fault(value, choice, place) for choice in schema]
        # Of several faults the one of the object tells most: it matched the kind, not the content.
        return "" if "" in faults else max(faults, key=len)
    if isinstance(schema, dict):
        if not isinstance(value, dict):
            return f"{place or 'it'} is {type(value).__name__}, not an object"
        if set(value) != set(schema):
            odd = sorted(set(value) ^ set(schema))
            return f"{place or 'it'} lacks or has too much: {', '.join(odd)}"
        return next((f for k in schema if (f := _fault(value[k], schema[k], f"{place}.{k}".lstrip(".")))), "")
    if isinstance(schema, list):
        if not isinstance(value, list):
            return f"{place} is {type(value).__name__}, not an array"
        return next((f for i, item in enumerate(value) if (f := _fault(item, schema[0], f"{place}[{i}]"))), "")
    if not isinstance(value, schema) or (isinstance(value, bool) and schema is not bool):
        return f"{place} is {type(value).__name__}, not {schema.__name__}"
    return ""
