# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Mutation testing by sample: change one place of the source at a time and see whether a test notices.

    python3 -m pip install cosmic-ray coverage
    python3 tools/mutate.py fusion_perception/sync --tests test/sync --out out/mutants-sync.jsonl

prints the score, which is the share of the sampled mutants that a test killed, and the mutants that survived. The
mutations are those of cosmic-ray and one of our own, a statement left out: calls and assignments that nothing checks
are what tests of glue miss. Of cosmic-ray only the mutations are used. Its runner starts a Python for every mutant,
which takes longer than most of the tests here; this one forks a process that has imported the libraries already, and
runs the tests that pass through the changed line, the short ones first.

Places are drawn first and then a mutation for each, so that an operator with eleven replacements weighs no more than a
call. Annotations are left out. The work is done on a copy of the tree; a mutant with which a test takes three times as
long as without counts as killed. The same seed draws the same mutants of the same source. Results already in
``--out`` are not measured again. Tests that start a process of their own see the mutant too, but the lines that they
pass through in there are not known: such tests do not count for them.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import coverage
import parso
import pytest
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator
from cosmic_ray.plugins import get_operator, operator_names

ROOT = Path(__file__).resolve().parent.parent
_PYTEST = ["-q", "-x", "-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:xdist"]
_SLOWER, _GRACE_S = 3, 5.0  # a test's time with a mutant: so many times its own, and a little for a busy machine


class LeaveOutStatement(Operator):
    """Replaces a call, an assignment to an attribute or an item, ``raise``, ``continue`` or ``return`` by ``pass``."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[Any, Any]]:
        """Where such a statement is."""
        if node.type == "simple_stmt" and self._counts(node.children[0]):
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """Return the line without its statement."""
        statement = node.children[0]
        node.children[0] = parso.python.tree.Keyword("pass", statement.start_pos, statement.get_first_leaf().prefix)
        return node

    @classmethod
    def examples(cls) -> tuple[()]:
        """Nothing: cosmic-ray's own tests use them."""
        return ()

    @staticmethod
    def _counts(statement: Any) -> bool:
        if statement.type == "expr_stmt":
            return bool(statement.children[0].type != "name")  # a name that is missing is always noticed
        return bool(
            statement.type in {"atom_expr", "raise_stmt"} or statement.get_code(False) in {"continue", "return"}
        )


@dataclass(frozen=True)
class Mutant:
    """One change of one file: the operator's name and the number of its place in the file."""

    file: str
    operator: str
    occurrence: int
    line: int
    column: int

    @property
    def key(self) -> str:
        """What names it in a file of results."""
        return f"{self.file}:{self.line}:{self.column} {self.operator}"


def operators() -> dict[str, Operator]:
    """Return cosmic-ray's operators that need no arguments, and ours."""
    found = {name: get_operator(name) for name in operator_names()}
    simple = {name.removeprefix("core/"): kind() for name, kind in found.items() if not kind.arguments()}
    simple.pop("NoOp", None)
    return {**simple, "LeaveOutStatement": LeaveOutStatement()}


def annotation_spans(source: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Return where the annotations of a source begin and end."""
    found: list[ast.expr | None] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.arg | ast.AnnAssign):
            found.append(node.annotation)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.append(node.returns)
    return [((a.lineno, a.col_offset), (a.end_lineno or 0, a.end_col_offset or 0)) for a in found if a is not None]


def is_star(node: Any) -> bool:
    """Whether a node is a star of a list of parameters or arguments, which cosmic-ray takes for a product."""
    return node.type == "operator" and node.value in {"*", "**", "/"} and node.parent.type not in {"term", "power"}


def sample(root: Path, paths: list[str], size: int, seed: int) -> list[Mutant]:
    """Return mutants of the files below some paths, at most one a place and kind of operator."""
    files = sorted({file for path in paths for file in ([root / path] if path.endswith(".py") else walk(root / path))})
    places: dict[tuple[Any, ...], list[Mutant]] = defaultdict(list)
    for file in files:
        source, name = file.read_text(), str(file.relative_to(root))
        spared, nodes = annotation_spans(source), list(ast_nodes(get_ast(source)))
        for operator_name, operator in operators().items():
            found = ((node, place) for node in nodes for place in operator.mutation_positions(node))
            for occurrence, (node, (start, end)) in enumerate(found):
                if not is_star(node) and not any(first <= start < last for first, last in spared):
                    place = (name, start, end, operator_name.split("_")[0])
                    places[place].append(Mutant(name, operator_name, occurrence, *start))
    draw = random.Random(seed)  # noqa: S311 - not for secrets
    print(f"{len(places)} places in {len(files)} files", flush=True)
    chosen = draw.sample(sorted(places), min(size, len(places)))
    return [draw.choice(places[place]) for place in chosen]


def walk(folder: Path) -> Iterator[Path]:
    """Yield the Python files of a folder."""
    return folder.rglob("*.py")


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
        self._coverage = coverage.Coverage(data_file=None, source=source)
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


def main() -> None:
    """Read the command line, try the sample, print the score."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("paths", nargs="+", help="files or folders to mutate, from the root of the repository")
    parser.add_argument("--tests", nargs="+", required=True, help="tests to run")
    parser.add_argument("--ignore", nargs="*", default=[], help="tests to leave out, slow ones for example")
    parser.add_argument("--sample", type=int, default=150, help="mutants to try")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--root", type=Path, default=ROOT, help="the tree; another one compares two versions")
    parser.add_argument("--out", type=Path, required=True, help="file of results, a line of JSON each")
    arguments = parser.parse_args()
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    known = {}
    if arguments.out.exists():
        known = {entry["key"]: entry for entry in map(json.loads, arguments.out.read_text().splitlines())}
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
