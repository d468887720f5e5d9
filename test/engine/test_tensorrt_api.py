# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Every TensorRT name that the package uses exists, with the arguments it is given.

Three witnesses: the bindings installed here (PyPI: ``tensorrt-cu12-bindings``), the table of TensorRT 10.3 in
tensorrt_10_3.json, the version of JetPack 6.1, and TensorRT-RTX, installed here with its libraries.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .tensorrt_api import RETURNS, RTX_SOURCES, VARIABLES, bindings_folder, dump, overloads, used_by_package

TABLE = json.loads((Path(__file__).parent / "tensorrt_10_3.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def used():
    return used_by_package()


@pytest.fixture(scope="module")
def installed():
    folder = bindings_folder()
    if folder is None:
        pytest.skip("the TensorRT bindings are not installed: pip install tensorrt-cu12-bindings")
    if shutil.which("gcc") is None:
        pytest.skip("gcc, which makes the stand-ins for TensorRT's libraries, is not installed")
    return dump(folder)


@pytest.fixture(scope="module")
def used_by_rtx():
    return used_by_package(RTX_SOURCES)


@pytest.fixture(scope="module")
def installed_rtx():
    folder = bindings_folder(("tensorrt_rtx_bindings",))
    if folder is None:
        pytest.skip("TensorRT-RTX is not installed: pip install 'fusion_perception[rtx]'")
    return dump(folder, "tensorrt_rtx_bindings")


def missing(used, members) -> list[str]:
    return sorted(use for use in used.uses if use.split(".")[1] not in members.get(use.split(".")[0], ()))


def wrong_calls(used, members) -> list[str]:
    """Calls whose arguments fit none of the overloads."""
    wrong = []
    for name, positional, keywords in used.calls:
        owner, method = name.split(".")
        docstring = members.get(owner, {}).get(method, "")
        if owner == "trt":  # a constructor
            docstring, method = members.get(method, {}).get("__init__", ""), "__init__"
        options = overloads(docstring, method)
        if options and not any(_fits(arguments, positional, keywords) for arguments in options):
            wrong.append(f"{name} with {positional} arguments and {keywords}, has {options}")
    return wrong


def _fits(arguments: list[str], positional: int, keywords: tuple[str, ...]) -> bool:
    names = [a.partition(":")[0] for a in arguments]
    required = [n for n, a in zip(names, arguments, strict=True) if "=" not in a]
    given = names[:positional] + list(keywords)
    return positional <= len(names) and set(keywords) <= set(names) and set(required) <= set(given)


class TestWhatIsCollected:
    """Guards against a test that passes because it looks at nothing."""

    def test_the_known_calls_are_found(self, used):
        assert {
            "trt.Builder",
            "trt.Runtime",
            "NetworkDefinitionCreationFlag.STRONGLY_TYPED",
            "Builder.build_serialized_network",
            "IBuilderConfig.progress_monitor",
            "OnnxParser.parse",
            "ParserError.desc",
            "ITimingCache.serialize",
            "Runtime.deserialize_cuda_engine",
            "ICudaEngine.create_execution_context",
            "IExecutionContext.execute_async_v3",
            "IExecutionContext.set_tensor_address",
            "ILogger.log",
            "IProgressMonitor.step_complete",
            "DataType.UINT8",
        } <= used.uses
        assert len(used.uses) > 40
        assert ("IExecutionContext.set_tensor_address", 2, ()) in used.calls

    def test_every_variable_of_the_table_is_in_use(self, used_by_rtx):
        owners = {use.split(".")[0] for use in used_by_rtx.uses}
        unused = {"INetworkDefinition", "IHostMemory", "ITimingCache"} & set(VARIABLES.values())  # passed on only
        assert set(VARIABLES.values()) - unused <= owners
        assert set(RETURNS.values()) <= owners

    def test_precision_flags_are_not_used(self, used):
        """Strongly typed networks have none, and TensorRT 11 removed them."""
        assert {use for use in used.uses if use.startswith("BuilderFlag.")} == {
            "BuilderFlag.TF32",
            "BuilderFlag.GPU_FALLBACK",
        }

    def test_overloads_are_read(self):
        text = (
            "go(*args)\nOverloaded function.\n\n1. go(self: a.B, one: int, two: list[int, str] = None) -> bool\n\n"
            "2. go(self: a.B) -> None\n"
        )
        assert overloads(text, "go") == [["one: int", "two: list[int, str] = None"], []]
        assert _fits(["one: int", "two: x = None"], 1, ())
        assert not _fits(["one: int", "two: x = None"], 0, ("two",))
        assert not _fits(["one: int"], 2, ())
        assert not _fits(["one: int"], 1, ("three",))


class TestInstalledBindings:
    def test_every_name_exists(self, used, installed):
        assert missing(used, installed) == []

    def test_every_call_fits(self, used, installed):
        assert wrong_calls(used, installed) == []

    def test_a_wrong_name_would_be_noticed(self, installed):
        assert "execute_async_v3" in installed["IExecutionContext"]
        assert "execute_async_v4" not in installed["IExecutionContext"]
        assert overloads(installed["Builder"]["create_network"], "create_network") != []


DERIVED_CLASSES = """
import sys
from pathlib import Path
from test.engine.tensorrt_api import _load
trt = _load(Path(sys.argv[1]))
from fusion_perception.engine.tensorrt_builder import make_monitor
from fusion_perception.engine.tensorrt_common import make_logger, reason
logger = make_logger(trt)
logger.log(trt.ILogger.Severity.WARNING, "only a warning")
logger.log(trt.ILogger.Severity.ERROR, "first line\\nsecond line")
assert isinstance(logger, trt.ILogger)
assert reason(logger) == "first line"
seen = []
monitor = make_monitor(trt, lambda phase, share: seen.append((phase, share)))
assert isinstance(monitor, trt.IProgressMonitor)
monitor.phase_start("Build", None, 2)
monitor.phase_start("Time", "Build", 5)
assert monitor.step_complete("Build", 0) is True
monitor.phase_finish("Build")
assert seen == [("Build", 0.0), ("Build", 0.5), ("Build", 1.0)]
assert 1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED) > 0
assert trt.DataType.UINT8 == trt.uint8
"""


def test_derived_classes_on_the_real_bindings(installed):
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", DERIVED_CLASSES, str(bindings_folder())]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, timeout=120)
    assert result.returncode == 0, result.stderr[-2000:]


class TestTensorRTRTX:
    def test_every_name_exists(self, used_by_rtx, installed_rtx):
        assert missing(used_by_rtx, installed_rtx) == []

    def test_every_call_fits(self, used_by_rtx, installed_rtx):
        assert wrong_calls(used_by_rtx, installed_rtx) == []

    def test_what_is_looked_at(self, used, used_by_rtx):
        assert {
            "ICudaEngine.create_runtime_config",
            "IRuntimeConfig.cuda_graph_strategy",
            "IRuntimeConfig.create_runtime_cache",
            "IRuntimeConfig.set_runtime_cache",
            "IRuntimeCache.deserialize",
            "IRuntimeCache.serialize",
            "CudaGraphStrategy.WHOLE_GRAPH_CAPTURE",
            "IBuilderConfig.num_compute_capabilities",
            "IBuilderConfig.set_compute_capability",
        } <= used_by_rtx.uses - used.uses
        assert ("ICudaEngine.create_execution_context", 0, ("runtime_config",)) in used_by_rtx.calls
        assert ("trt.ComputeCapability", 1, ()) in used_by_rtx.calls


class TestTensorRT103:
    def test_every_name_exists(self, used):
        assert missing(used, TABLE["members"]) == []

    def test_every_call_fits(self, used):
        assert wrong_calls(used, TABLE["members"]) == []

    def test_the_table_holds_nothing_else(self, used):
        """So that it is written anew when the code changes; tensorrt_api.py says how."""
        listed = {f"{owner}.{name}" for owner, names in TABLE["members"].items() for name in names}
        constructors = {f"{name.split('.')[1]}.__init__" for name, _, _ in used.calls if name.startswith("trt.")}
        assert listed == used.uses | constructors
        assert TABLE["version"] == "10.3.0"


class TestStandIn:
    """The fake that the other tests run against has no name that TensorRT lacks."""

    def test_names(self, installed):
        pytest.importorskip("onnxruntime", reason="the stand-in for TensorRT computes with it")
        from .fake_tensorrt import FakeCuda, make_fake_tensorrt

        self._check(make_fake_tensorrt(FakeCuda()), installed)

    def test_names_of_rtx(self, installed_rtx):
        pytest.importorskip("onnxruntime", reason="the stand-in for TensorRT computes with it")
        from .fake_tensorrt_rtx import FakeRtxCard, make_fake_tensorrt_rtx

        self._check(make_fake_tensorrt_rtx(FakeRtxCard()), installed_rtx)

    @staticmethod
    def _check(fake, installed):
        classes = {name: value for name, value in vars(fake).items() if isinstance(value, type)}
        assert len(classes) > 12
        del classes["Severity"]  # lies inside ILogger
        for name, value in classes.items():
            own = {n for n in vars(value) if not n.startswith("_") and n != "model"}
            assert own <= set(installed[name]), name
