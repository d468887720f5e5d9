# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Mutants for ``mutate.py``: the places of a source that can be changed, and a seeded sample of them."""

from __future__ import annotations

import ast
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import parso
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.operators.operator import Operator
from cosmic_ray.plugins import get_operator, operator_names


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
