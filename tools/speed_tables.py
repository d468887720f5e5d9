# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What the documents say of speed, from a benchmark that was measured: the table, and the README's sentence.

``python -m tools.speed_tables`` brings README.md and docs/performance.md up to date from the file in docs/benchmarks.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fusion_perception.errors import DataError
from fusion_perception.lab.bench.document import BENCH, BenchDocument, Result
from fusion_perception.lab.bench.table import to_markdown
from tools.marked_tables import with_tables

ROOT = Path(__file__).resolve().parents[1]
MEASURED = "docs/benchmarks/cpu-2-cores.json"
DOCUMENTS = {"README.md": "summary", "docs/performance.md": "table"}
"""Document -> what stands in it between ``<!-- speed NAME -->`` and ``<!-- end -->``."""

_MODEL, _FILE = "realtime", "realtime.onnx"


def updated(root: Path = ROOT) -> dict[str, str]:
    """Return every document, by its path below ``root``, with the figures of the benchmark in it.

    Raises:
        DataError: the benchmark lacks the shipped model with or without attribution, or a document the place.
    """
    document = BENCH.read_file(root / MEASURED)
    texts = {"summary": _summary(document), "table": to_markdown(document).rstrip("\n")}
    return {
        path: with_tables((root / path).read_text(encoding="utf-8"), "speed", {name: texts[name]})
        for path, name in DOCUMENTS.items()
    }


def _summary(document: BenchDocument) -> str:
    plain, attributed = _result(document, attribution=False), _result(document, attribution=True)
    return (
        f"**Speed.** `{_MODEL}` takes {plain.latency_ms.p50:.0f} ms for a pair of {plain.height} x {plain.width} on "
        f"{document.settings.threads} cores of a server ({document.machine.cpu}),\n"
        f"{attributed.latency_ms.p50:.0f} ms with attribution (medians; `fusion-perception bench --table {MEASURED}`)."
    )


def _result(document: BenchDocument, *, attribution: bool) -> Result:
    for result in document.results:
        if (result.file, result.backend, result.attribution) == (_FILE, "onnxruntime", attribution):
            return result
    how = "with" if attribution else "without"
    raise DataError(f"{MEASURED} has no row of {_FILE} {how} attribution; measure it: make bench")


def main() -> int:
    """Bring the documents up to date."""
    for path, text in updated().items():
        (ROOT / path).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
