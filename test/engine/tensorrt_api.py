# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Which names of TensorRT the package uses, and which names a version of TensorRT has.

The bindings of NVIDIA's wheels load without their libraries (hundreds of MB, a GPU) once stand-ins
provide the factory functions they were linked against. Nothing can be built or run then, but every
class, method and signature can be looked at.

Run as a program, it prints what bindings have: ``python tensorrt_api.py FOLDER`` everything, and
``python tensorrt_api.py FOLDER table`` what the package uses, in the form of tensorrt_10_3.json. FOLDER
is where the wheel was unpacked: ``pip install --target FOLDER tensorrt-cu12-bindings==10.3.0``.
"""

from __future__ import annotations

import ast
import ctypes
import importlib
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCES = (
    "tensorrt_common.py",
    "tensorrt_library.py",
    "tensorrt_builder.py",
    "tensorrt_engine.py",
    "tensorrt_plan.py",
)
RTX_SOURCES = (*SOURCES, "tensorrt_rtx.py")

# What the variables in these files hold. An attribute of any of them must exist in the class.
VARIABLES = {
    "builder": "Builder",
    "network": "INetworkDefinition",
    "config": "IBuilderConfig",
    "parser": "OnnxParser",
    "timing_cache": "ITimingCache",
    "serialized": "IHostMemory",
    "runtime": "Runtime",
    "engine": "ICudaEngine",
    "context": "IExecutionContext",
    # Of TensorRT-RTX alone.
    "runtime_config": "IRuntimeConfig",
    "runtime_cache": "IRuntimeCache",
    "strategies": "CudaGraphStrategy",
}

# What calls return, for chains such as parser.get_error(0).desc().
RETURNS = {("OnnxParser", "get_error"): "ParserError", ("IBuilderConfig", "get_timing_cache"): "ITimingCache"}
# Classes that the package derives from, with the methods it overrides.
DERIVED = {"ILogger", "IProgressMonitor"}

FACTORIES = (
    "createInferBuilder_INTERNAL",
    "createInferRefitter_INTERNAL",
    "createInferRuntime_INTERNAL",
    "createNvOnnxParser_INTERNAL",
    "createNvOnnxParserRefitter_INTERNAL",
    "getBuilderPluginRegistry",
    "getNvOnnxParserVersion",
    "getPluginRegistry",
    "initLibNvInferPlugins",
)
DOCUMENTATION = (
    "https://docs.nvidia.com/deeplearning/tensorrt/archives/tensorrt-1030/api/python_api/infer/Core/pyCore.html"
)
LIBRARIES = ("libnvinfer", "libnvonnxparser", "libnvinfer_plugin")


class _Collector(ast.NodeVisitor):
    """Collects ``Class.member`` for every use, and the number and names of arguments of every call."""

    def __init__(self) -> None:
        self.uses: set[str] = set()
        self.calls: list[tuple[str, int, tuple[str, ...]]] = []

    def owner(self, node: ast.expr) -> str | None:
        """Return the TensorRT class (or "trt") that an expression stands for."""
        if isinstance(node, ast.Name | ast.Attribute):
            name = (node.id if isinstance(node, ast.Name) else node.attr).lstrip("_")
            plain = isinstance(node, ast.Name) or (isinstance(node.value, ast.Name) and node.value.id == "self")
            if plain and name == "trt":
                return "trt"
            if plain and name in VARIABLES:
                return VARIABLES[name]
            if isinstance(node, ast.Attribute) and self.owner(node.value) == "trt":
                return node.attr
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            return RETURNS.get((self.owner(node.func.value) or "", node.func.attr))
        return None

    def visit_Attribute(self, node: ast.Attribute) -> None:
        owner = self.owner(node.value)
        if owner is not None:
            self.uses.add(f"{owner}.{node.attr}")
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Attribute):
            owner = self.owner(node.func.value)
            if owner is not None:
                names = tuple(k.arg or "**" for k in node.keywords)
                bound = len(node.args) - (node.func.attr == "__init__")  # Base.__init__(self)
                self.calls.append((f"{owner}.{node.func.attr}", bound, names))
        elif isinstance(node.func, ast.Name) and node.func.id == "create":  # create(trt.Runtime, logger, title)
            factory = node.args[0]
            if isinstance(factory, ast.Attribute) and self.owner(factory.value) == "trt":
                self.calls.append((f"trt.{factory.attr}", len(node.args) - 2, ()))
        self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for base in node.bases:
            if isinstance(base, ast.Attribute) and base.attr in DERIVED:
                for item in node.body:
                    if isinstance(item, ast.FunctionDef) and not item.name.startswith("_"):
                        self.uses.add(f"{base.attr}.{item.name}")
                        self.calls.append((f"{base.attr}.{item.name}", len(item.args.args) - 1, ()))
        self.generic_visit(node)


def used_by_package(sources: tuple[str, ...] = SOURCES) -> _Collector:
    """Return every use of TensorRT in the package's sources."""
    import fusion_perception.engine

    collector = _Collector()
    for name in sources:
        collector.visit(ast.parse((Path(fusion_perception.engine.__file__).parent / name).read_text("utf-8")))
    return collector


def bindings_folder(names: tuple[str, ...] = ("tensorrt_bindings", "tensorrt")) -> Path | None:
    """Return the folder that holds the installed bindings, or None."""
    for name in names:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin:
            return Path(spec.origin).parent.parent
    return None


def dump(folder: Path, *module: str) -> dict[str, dict[str, str]]:
    """Return ``class -> member -> docstring`` of bindings, read in a process of its own."""
    command = [sys.executable, __file__, str(folder), *module]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    if result.returncode != 0:
        raise RuntimeError(f"the bindings in {folder} cannot be read: {result.stderr.strip()[-600:]}")
    return json.loads(result.stdout)


def overloads(docstring: str, method: str) -> list[list[str]]:
    """Return the argument lists in a docstring of pybind11, ``self`` left out."""
    found = []
    for line in docstring.splitlines():
        match = re.match(rf"(?:\d+\. )?{method}\((.*)\) ->", line)
        if match:
            arguments = [a.strip() for a in re.split(r",(?![^\[\]]*\])", match.group(1)) if a.strip()]
            found.append([a for a in arguments if not a.startswith("self")])
    return found


def _load(folder: Path):
    sys.path.insert(0, str(folder))
    name = "tensorrt_bindings" if (folder / "tensorrt_bindings").is_dir() else "tensorrt"
    try:
        return importlib.import_module(name)
    except ImportError as error:
        wanted = re.search(r"lib\w+\.so\.(\d+)", str(error))
        if wanted is None:
            raise
        major = wanted.group(1)
    with tempfile.TemporaryDirectory() as temporary:
        source = Path(temporary) / "factories.c"
        source.write_text("".join(f"void *{name}(void) {{ return 0; }}\n" for name in FACTORIES))
        for library in LIBRARIES:
            file = Path(temporary) / f"{library}.so.{major}"
            options = ["-shared", "-fPIC", f"-Wl,-soname,{file.name}", "-o", str(file), str(source)]
            subprocess.run(["gcc", *options], check=True)
            ctypes.CDLL(str(file), mode=ctypes.RTLD_GLOBAL)
        sys.modules.pop(name, None)
        return importlib.import_module(name)


def _describe(module) -> dict[str, dict[str, str]]:
    members: dict[str, dict[str, str]] = {"trt": {"__version__": str(module.__version__)}}
    for name in dir(module):
        value = getattr(module, name)
        members["trt"].setdefault(name, "")
        if isinstance(value, type):
            public = [n for n in dir(value) if not n.startswith("_") or n == "__init__"]
            members[name] = {n: getattr(getattr(value, n), "__doc__", None) or "" for n in public}
    return members


def _table(members: dict[str, dict[str, str]]) -> dict:
    """Return the part of ``members`` that the package uses, docstrings cut down to signatures."""
    used = used_by_package()
    wanted = set(used.uses)
    wanted |= {f"{name.split('.')[1]}.__init__" for name, _, _ in used.calls if name.startswith("trt.")}
    table: dict[str, dict[str, str]] = {}
    for owner, name in sorted(use.split(".") for use in wanted):
        lines = [line.strip() for line in members[owner][name].splitlines()]
        signatures = [line for line in lines if re.match(rf"(?:\d+\. )?{name}\(.*\) ->", line)]
        table.setdefault(owner, {})[name] = "\n".join(signatures).replace("tensorrt_bindings.tensorrt.", "")
    version = members["trt"]["__version__"]
    return {
        "version": version,
        "source": f"tensorrt-cu12-bindings {version} from PyPI, by tensorrt_api.py",
        "documentation": DOCUMENTATION,
        "members": table,
    }


if __name__ == "__main__":
    if sys.argv[2:] == ["tensorrt_rtx_bindings"]:  # comes with its libraries
        sys.path.insert(0, sys.argv[1])
        found = _describe(importlib.import_module(sys.argv[2]))
    else:
        found = _describe(_load(Path(sys.argv[1])))
    if sys.argv[2:] == ["table"]:
        print(json.dumps(_table(found), indent=1, sort_keys=True))
    else:
        json.dump(found, sys.stdout)
