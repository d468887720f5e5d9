# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Check the backends on a machine with an NVIDIA GPU: do they agree, how fast are they, are the limits kept?

``make gpu-check PYTHON=...``, or ``python -m tools.gpu_check``, with a Python that has torch with CUDA, ONNX Runtime,
safetensors, and whatever else shall be measured (TensorRT, TensorRT-RTX, onnxruntime-gpu). It installs nothing,
takes a few minutes, prints a table, and leaves two JSON files in ``docs/benchmarks``. It ends with 0, with 1 where a
backend disagrees or a limit is broken, and with 3 where it cannot be run here. ``--data DIR`` also times 50 steps of
``train realtime --budget paper``.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from tools.gpu_limits import FAST, Check, build_plans, check_parity, check_starts, check_times, check_training

if TYPE_CHECKING:
    from fusion_perception.lab.bench.document import BenchDocument

ROOT = Path(__file__).resolve().parents[1]

DONE, BROKEN, CANNOT = 0, 1, 3
"""What the process ends with."""

NEEDED = ("numpy", "onnxruntime", "safetensors", "torch")

LEFT_OUT = {"auto": "one of the others", "onnxruntime-tensorrt": "builds for minutes", "torch": "the CPU's torch"}
"""Backends that are not measured, and why."""


def what_is_missing() -> str:
    """Return in one sentence why nothing can be checked here, or an empty text."""
    packages = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if packages:
        return f"nothing was checked: this Python has no {', '.join(packages)}; give another one with PYTHON=..."
    import torch

    if not torch.cuda.is_available():
        built = torch.version.cuda
        why = "this torch was built without CUDA" if built is None else "torch sees no CUDA device (see nvidia-smi)"
        return f"nothing was checked: {why}; run this on a machine with an NVIDIA GPU and a torch with CUDA"
    return ""


@contextmanager
def registered(root: Path = ROOT) -> Iterator[None]:
    """Let the backends of a source tree be found as if it were installed, in this process and its children."""
    before = os.environ.get("PYTHONPATH")
    paths = [str(root), *filter(None, [before])]
    with tempfile.TemporaryDirectory() as folder:
        if not entry_points(group="fusion_perception.backends", name="torch-cuda"):
            info = Path(folder) / "fusion_perception-0.dist-info"
            info.mkdir()
            (info / "METADATA").write_text("Metadata-Version: 2.1\nName: fusion_perception\nVersion: 0\n")
            listed = re.findall(r'f"(torch[a-z-]*) = \{NAME\}\.(.+)"', (root / "setup.py").read_text(encoding="utf-8"))
            rows = "".join(f"{name} = fusion_perception.{place}\n" for name, place in listed)
            (info / "entry_points.txt").write_text(f"[fusion_perception.backends]\n{rows}")
            paths.insert(0, folder)
            sys.path.insert(0, folder)
        os.environ["PYTHONPATH"] = os.pathsep.join(paths)
        try:
            yield
        finally:
            if folder in sys.path:
                sys.path.remove(folder)
            if before is None:
                del os.environ["PYTHONPATH"]
            else:
                os.environ["PYTHONPATH"] = before


def measure(model: Path, device_id: int, seconds: float) -> tuple[BenchDocument, list[str], list[str]]:
    """Bench all backends; returns the document, the name of each result, and what was left out and why."""
    from fusion_perception.engine import BACKENDS
    from fusion_perception.engine.model_file import open_model_file
    from fusion_perception.errors import FusionPerceptionError
    from fusion_perception.lab.bench.case import Case
    from fusion_perception.lab.bench.run import BenchOptions, run_bench

    named, left_out, document = [], [f"{name}: {why}" for name, why in LEFT_OUT.items()], None
    variants = (False, True) if open_model_file(model).has_attribution else (False,)
    for backend in (name for name in BACKENDS if name not in LEFT_OUT):
        cases = [Case(model, backend, attribution=attribution) for attribution in variants]
        try:
            found = run_bench(cases, BenchOptions(seconds, device_id=device_id), print)
        except FusionPerceptionError as error:
            left_out.append(f"{backend}: {error}")
            continue
        named += [f"{backend}{'+attribution' * attribution}" for attribution in variants]
        document = found if document is None else _joined(document, found)
    if document is None:
        raise SystemExit(f"nothing could be measured: {'; '.join(left_out)}")
    return document, named, left_out


def _joined(a: BenchDocument, b: BenchDocument) -> BenchDocument:
    ceilings = {ceiling.device: ceiling for ceiling in (*a.ceilings, *b.ceilings)}
    return replace(a, results=(*a.results, *b.results), ceilings=tuple(ceilings.values()))


def table(checks: Sequence[Check]) -> str:
    """Return the checks as a Markdown table."""
    words = {True: "kept", False: "BROKEN", None: ""}
    rows = [("check", "found", "limit", ""), *((c.name, c.found, c.limit, words[c.good]) for c in checks)]
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Check, print, write; returns what the process ends with."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--model", default="realtime", help="shipped model or file; default: %(default)s")
    parser.add_argument("--data", type=Path, metavar="DIR", help="data set: time the training as well")
    parser.add_argument("--seconds", type=float, default=3.0, help="spent on each case; default: %(default)g")
    parser.add_argument("--device-id", type=int, default=0, metavar="N", help="number of the GPU; default: %(default)s")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "benchmarks", metavar="DIR")
    parser.add_argument("--strict", action="store_true", help="let the limits count on any card")
    options = parser.parse_args(arguments)
    missing = what_is_missing()
    if missing:
        print(missing, file=sys.stderr)
        return CANNOT
    with registered(), tempfile.TemporaryDirectory() as cache:
        os.environ["FUSION_PERCEPTION_CACHE"] = cache  # nothing of before, so that cold is cold
        return check_all(options)


def check_all(options: argparse.Namespace) -> int:
    """Do what ``main`` was asked for."""
    import torch

    from fusion_perception.files.atomic_file import write_json
    from fusion_perception.lab.bench.document import BENCH
    from fusion_perception.lab.bench.table import to_markdown
    from fusion_perception.model_store import find_model

    card, model = torch.cuda.get_device_name(options.device_id), find_model(options.model)
    fast = options.strict or any(name in card for name in FAST)
    checks = build_plans(model)
    checks += check_starts(str(model), ["torch-cuda"], fast=fast)
    document, named, left_out = measure(model, options.device_id, options.seconds)
    checks += check_times(document, named, fast=fast)
    checks += check_parity(
        model, [name for name in named if "+" not in name and name != "onnxruntime"], options.device_id
    )
    checks += check_training(options.data) if options.data else []
    judged = "count" if fast else "are for an H100 and do not count here"
    print(f"\n{to_markdown(document)}\n{card}: limits of time {judged}")
    print(table(checks))
    print("\n".join(["not measured:", *(f"  {line}" for line in left_out)]))
    name = "gpu-" + re.sub(r"[^a-z0-9]+", "-", card.lower()).strip("-")
    BENCH.write_file(options.out / f"{name}.json", document)
    write_json(
        options.out / f"{name}-checks.json",
        {
            "schema": "fusion_perception.gpu_check",
            "schema_version": 1,
            "created": document.created,
            "commit": None if document.commit is None else asdict(document.commit),
            "card": card,
            "checks": [asdict(check) for check in checks],
            "not_measured": left_out,
        },
    )
    return BROKEN if any(check.good is False for check in checks) else DONE


if __name__ == "__main__":
    sys.exit(main())
