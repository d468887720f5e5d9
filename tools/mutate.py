# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Mutation testing by sample: change one place of the source at a time and see whether a test notices.

    python3 -m pip install cosmic-ray coverage
    python3 -m tools.mutate fusion_perception/sync --tests test/sync

prints the score, which is the share of the sampled mutants that a test killed, and the mutants that survived. The
mutations are those of cosmic-ray and one of our own, a statement left out: calls and assignments that nothing checks
are what tests of glue miss. Of cosmic-ray only the mutations are used. Its runner starts a Python for every mutant,
which takes longer than most of the tests here; this one forks a process that has imported the libraries already, and
runs the tests that pass through the changed line, the short ones first.

Places are drawn first and then a mutation for each, so that an operator with eleven replacements weighs no more than a
call. Annotations are left out. The work is done on a copy of the tree; a mutant with which a test takes three times as
long as without counts as killed. The same seed draws the same mutants of the same source. With ``--resume`` those that
``--out`` says were killed are not tried again: after an interruption, or to see what new tests are good for. Tests that
start a process of their own see the mutant too, but which lines they pass through in there is not known: they do not
count for lines that no other test passes through.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import coverage
import pytest
from cosmic_ray.mutating import mutate_code

from tools.mutants import Mutant, operators, sample

ROOT = Path(__file__).resolve().parent.parent
_PYTEST = ["-q", "-x", "-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:xdist"]
_SLOWER, _GRACE_S = 3, 5.0  # a test's time with a mutant: so many times its own, and a little for a busy machine


def statement_lines(source: str, line: int) -> range:
    """Return the lines of the statement that a line belongs to, without those of its body."""
    span = range(line, line + 1)
    for node in ast.walk(ast.parse(source)):  # from the outside to the inside
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or 0):
            body = getattr(node, "body", None)
            span = range(node.lineno, (body[0].lineno if body else (node.end_lineno or line) + 1))
    return span if line in span else range(line, line + 1)


class Record:
    """A pytest plugin: how long every test takes, and which test passes through which line."""

    def __init__(self, source: list[str]) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        # What coverage calls a source is a folder or a module, never a file.
        patterns = [path if path.endswith(".py") else f"{path}/*" for path in source]
        self._coverage = coverage.Coverage(data_file=None, include=patterns)
        self._coverage.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        """Name the test whose lines follow."""
        self._coverage.switch_context(item.nodeid)
        result = yield
        self._coverage.switch_context("")
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add what a phase of a test took."""
        self.seconds[report.nodeid] += report.duration

    def result(self, root: Path) -> dict[str, Any]:
        """Return ``seconds`` of every test and ``lines``: file -> line -> tests; "" is the import."""
        self._coverage.stop()
        data = self._coverage.get_data()
        lines = {str(Path(f).relative_to(root)): data.contexts_by_lineno(f) for f in data.measured_files()}
        ours = ("fusion_perception", "test", "_pytest")
        modules = sorted(name for name in sys.modules if not name.startswith(ours))
        return {"seconds": self.seconds, "lines": lines, "modules": modules}


class Choose:
    """A pytest plugin: only some tests, in their order; one that takes too long ends the process.

    Args:
        order: the tests.
        seconds: how long each takes without a mutant.
    """

    def __init__(self, order: list[str], seconds: dict[str, float]) -> None:
        self._order = {test: place for place, test in enumerate(order)}
        self._seconds = seconds
        signal.signal(signal.SIGALRM, signal.SIG_DFL)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        """Start the clock of a test."""
        signal.setitimer(signal.ITIMER_REAL, _SLOWER * self._seconds[item.nodeid] + _GRACE_S)
        result = yield
        signal.setitimer(signal.ITIMER_REAL, 0)
        return result

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out the others."""
        items[:] = sorted((i for i in items if i.nodeid in self._order), key=lambda item: self._order[item.nodeid])


def forked(action: Callable[[], int], log: Path) -> int:
    """Run an action in a forked process group of its own; returns what it returned, or a negative signal."""
    child = os.fork()
    if child == 0:
        code = 70
        try:
            os.setsid()
            descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(descriptor, 1)
            os.dup2(descriptor, 2)
            code = int(action())
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)  # what the tests have started
    return os.waitstatus_to_exitcode(status)


def measure(copy: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Run the tests without a mutant; SystemExit if they fail."""
    result = copy / "mutate-baseline.json"

    def action() -> int:
        record = Record(
            sorted({path if not path.endswith(".py") else str(Path(path).parent) for path in arguments.paths})
        )
        code = pytest.main([*_PYTEST, *arguments.tests, *(f"--ignore={path}" for path in arguments.ignore)], [record])
        result.write_text(json.dumps(record.result(copy)))
        return int(code)

    log = copy / "mutate.log"
    if forked(action, log) != 0:
        raise SystemExit(f"the tests fail without a mutant:\n{log.read_text()[-3000:]}")
    baseline: dict[str, Any] = json.loads(result.read_text())
    return baseline


def verdict(copy: Path, mutant: Mutant, baseline: dict[str, Any], arguments: argparse.Namespace) -> dict[str, Any]:
    """Try one mutant."""
    path = copy / mutant.file
    original, stat = path.read_text(), path.stat()
    try:
        changed = mutate_code(original, operators()[mutant.operator], mutant.occurrence)
    except AttributeError:  # cosmic-ray's ExceptionReplacer at a name with a dot
        changed = None
    pairs = zip(original.splitlines(), (changed or "").splitlines(), strict=False)
    before, after = next(((a.strip(), b.strip()) for a, b in pairs if a != b), ("", ""))
    answer = {"key": mutant.key, "file": mutant.file, "line": mutant.line, "before": before, "after": after}
    seconds = baseline["seconds"]
    if changed is None:
        return answer | {"verdict": "no mutant"}
    lines = baseline["lines"].get(mutant.file, {})
    reached = {test for line in statement_lines(original, mutant.line) for test in lines.get(str(line), [])}
    tests = sorted(seconds if "" in reached else reached, key=lambda test: seconds[test])
    if not tests:
        return answer | {"verdict": "survived", "why": "no test passes here", "tests": 0}
    files = sorted({test.split("::")[0] for test in tests})

    def action() -> int:
        sys.dont_write_bytecode = True
        return int(pytest.main([*_PYTEST, *files], [Choose(tests, seconds)]))

    start = time.monotonic()
    try:
        path.write_text(changed)
        code = forked(action, copy / "mutate.log")
    finally:
        path.write_text(original)
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))  # its bytecode is good again
    outcome = {0: "survived", -signal.SIGALRM: "timeout"}.get(code, "killed")
    return answer | {"verdict": outcome, "tests": len(tests), "seconds": round(time.monotonic() - start, 1)}


def killed_before(path: Path) -> dict[str, dict[str, Any]]:
    """Return the killed mutants of an earlier run by their keys; there may be no file."""
    results = map(json.loads, path.read_text().splitlines()) if path.exists() else ()
    return {result["key"]: result for result in results if result["verdict"] != "survived"}


def main() -> None:
    """Read the command line, try the sample, print the score."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("paths", nargs="+", help="files or folders to mutate, from the root of the repository")
    parser.add_argument("--tests", nargs="+", required=True, help="tests to run")
    parser.add_argument("--ignore", nargs="*", default=[], help="tests to leave out, slow ones for example")
    parser.add_argument("--sample", type=int, default=150, help="mutants to try")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--root", type=Path, default=ROOT, help="the tree; another one compares two versions")
    parser.add_argument("--out", type=Path, default=Path("out/mutants.jsonl"), help="results, a line of JSON each")
    parser.add_argument("--resume", action="store_true", help="take over from --out what was killed already")
    arguments = parser.parse_args()
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    known = killed_before(arguments.out) if arguments.resume else {}
    arguments.out.write_text("".join(json.dumps(result) + "\n" for result in known.values()))
    mutants = sample(arguments.root, arguments.paths, arguments.sample, arguments.seed)
    out = arguments.out.resolve()
    with tempfile.TemporaryDirectory(prefix="mutate-") as folder:
        copy = Path(folder).resolve() / "tree"
        skip = shutil.ignore_patterns(".git", ".venv", "out", "__pycache__", "*.egg-info", ".*_cache")
        shutil.copytree(arguments.root, copy, ignore=skip)
        os.chdir(copy)
        sys.path.insert(0, str(copy))
        os.environ["PYTHONPATH"] = str(copy)
        baseline = measure(copy, arguments)
        for name in baseline["modules"]:
            with suppress(Exception):
                importlib.import_module(name)
        results = []
        for number, mutant in enumerate(mutants, 1):
            result = known.get(mutant.key)
            if result is None:
                result = verdict(copy, mutant, baseline, arguments)
                with out.open("a") as file:
                    file.write(json.dumps(result) + "\n")
                print(f"{number}/{len(mutants)} {result['verdict']:8} {result['key']}", flush=True)
            results += [result] if result["verdict"] != "no mutant" else []
    survivors = [result for result in results if result["verdict"] == "survived"]
    for result in survivors:
        print(f"survived: {result['key']}\n    {result['before']}\n    {result['after']}")
    killed = len(results) - len(survivors)
    print(f"{killed} of {len(results)} mutants killed: {100 * killed / max(1, len(results)):.0f} %")


if __name__ == "__main__":
    main()
