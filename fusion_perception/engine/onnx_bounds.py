# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What a model needs before it is opened: memory, time, and whether its graph hangs together.

A file of a few hundred bytes can ask for all the memory of a robot, or for hours: a backend computes what depends on
the file alone when it opens the model, and the rest at the first image. So the shapes of all values are worked out
here, from the sizes of the inputs on, and a model that asks for more than ``MAX_...`` is refused. The figures are those
of a plain evaluation, one operation after the other: a backend may need less, by fusing, or some more, for scratch.
"""

from __future__ import annotations

from dataclasses import dataclass

from fusion_perception.engine.onnx_call import BadNodeError, Call, Known
from fusion_perception.engine.onnx_operators import OPERATORS
from fusion_perception.engine.onnx_scan import ModelScan, Node
from fusion_perception.engine.onnx_tensor import ITEM_BYTES
from fusion_perception.engine.onnx_wire import NotAcceptedError

MAX_MEMORY = 16 << 30
"""Most bytes of the values that live at one time."""

MAX_CONSTANT_MEMORY = 4 << 30
"""Most bytes of values that depend on the file alone, beside its own tensors."""

MAX_WORK = 10**14
"""Most multiplications of one run: minutes on a CPU; the largest of this package needs below 10**13 at 480 x 640."""

MAX_CONSTANT_WORK = 2 * 10**9
"""Most multiplications for values that depend on the file alone: some seconds on one core."""

_MAX_RANK = 8


@dataclass(frozen=True)
class Bounds:
    """What a model needs.

    Attributes:
        memory: bytes of the values that live at one time, at most, weights included.
        constant_memory: bytes of values that depend on the file alone, beside its own tensors.
        work: multiplications or moved elements of one run.
        constant_work: those of values that depend on the file alone.
    """

    memory: int
    constant_memory: int
    work: int
    constant_work: int


def check_bounds(scan: ModelScan) -> Bounds:
    """Work out the shapes of all values of a model.

    Raises:
        NotAcceptedError: an operator or attribute that the export does not write, a graph that does not hang together
            or whose outputs are not what they are said to be, or one that needs too much memory or time; completes
            the sentence "it holds ...".
    """
    known = {spec.name: Known(spec.dtype, spec.shape) for spec in scan.inputs}
    if any(-1 in value.shape or value.dtype not in ITEM_BYTES for value in known.values()):
        raise NotAcceptedError("an input of a free size")
    known |= {w.name: Known(w.dtype, w.shape, w.values, constant=True) for w in scan.weights.values()}
    last_use = {name: number for number, node in enumerate(scan.nodes) for name in node.inputs}
    for spec in scan.outputs:
        last_use[spec.name] = len(scan.nodes)
    live = sum(_bytes(value) for value in known.values())
    memory, constant_memory, work, constant_work = live, 0, 0, 0
    for number, node in enumerate(scan.nodes):
        results, cost = _evaluate(node, known)
        constant = results[0].constant
        work += cost
        constant_work += cost if constant else 0
        dying = {n for n in node.inputs if n and last_use[n] == number and not known[n].constant}
        for name, result in zip(node.outputs, results, strict=True):
            if not name:
                continue
            if name in known:
                raise NotAcceptedError(f"the value '{name}' twice")
            known[name] = result
            live += _bytes(result)
            constant_memory += _bytes(result) if constant else 0
            if name not in last_use and not constant:
                dying.add(name)
        memory = max(memory, live)
        live -= sum(_bytes(known[name]) for name in dying)
        _check(Bounds(memory, constant_memory, work, constant_work))
    for spec in scan.outputs:
        found = known.get(spec.name)
        if found is None:
            raise NotAcceptedError(f"the output '{spec.name}' that nothing computes")
        if -1 not in spec.shape and (found.dtype, found.shape) != (spec.dtype, spec.shape):
            raise NotAcceptedError(
                f"the output '{spec.name}' as {list(spec.shape)}, which comes out as {list(found.shape)}"
            )
    return Bounds(memory, constant_memory, work, constant_work)


def _evaluate(node: Node, known: dict[str, Known]) -> tuple[list[Known], int]:
    operator = OPERATORS.get(node.kind)
    if operator is None:
        raise NotAcceptedError(f"the operator {node.kind}")
    objection = operator.objection(node)
    if objection:
        raise NotAcceptedError(f"the operator {node.kind} {objection}")
    missing = [name for name in node.inputs if name and name not in known]
    if missing:
        raise NotAcceptedError(f"the operator {node.kind} that reads '{missing[0]}', which nothing before it computes")
    inputs = tuple(known[name] if name else None for name in node.inputs)
    try:
        results, work = operator.rule(Call(inputs, node.attributes, len(node.outputs)))
    except (ArithmeticError, BadNodeError, LookupError, TypeError, ValueError) as error:
        raise NotAcceptedError(f"the operator {node.kind} ('{node.outputs[0]}') that cannot run: {error}") from error
    constant = all(value is None or value.constant for value in inputs)
    if any(dtype not in ITEM_BYTES or len(shape) > _MAX_RANK or 0 in shape for dtype, shape in results):
        raise NotAcceptedError(f"the operator {node.kind} ('{node.outputs[0]}') that gives nothing, or nothing known")
    return [Known(dtype, shape, None, constant) for dtype, shape in results], work


def _bytes(value: Known) -> int:
    return value.elements * ITEM_BYTES[value.dtype]


def _check(bounds: Bounds) -> None:
    limits = {
        "memory": (bounds.memory, MAX_MEMORY),
        "memory for constants": (bounds.constant_memory, MAX_CONSTANT_MEMORY),
    }
    for what, (needed, allowed) in limits.items():
        if needed > allowed:
            raise NotAcceptedError(
                f"a graph that needs {needed / 2**30:.1f} GiB of {what} (allowed: {allowed / 2**30:.0f} GiB)"
            )
    for what, needed, allowed in (
        ("a run", bounds.work, MAX_WORK),
        ("opening", bounds.constant_work, MAX_CONSTANT_WORK),
    ):
        if needed > allowed:
            raise NotAcceptedError(
                f"a graph that needs {needed:.1e} multiplications for {what} (allowed: {allowed:.0e})"
            )
