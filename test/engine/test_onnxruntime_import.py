# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime is imported in one place, and knows before that it must not report home."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fusion_perception.engine.onnxruntime_import import TELEMETRY, disable_telemetry, import_onnxruntime
from fusion_perception.errors import BackendError

ROOT = Path(__file__).parents[2]
IMPORT = "from fusion_perception.engine.onnxruntime_import import import_onnxruntime; import_onnxruntime('a test')"


def run(command, home, **variables):
    """Run Python with a home folder of its own and without our setting, beside those given; return its output."""
    environment = {name: value for name, value in os.environ.items() if name not in (TELEMETRY, "XDG_CACHE_HOME")}
    environment |= {"HOME": str(home), "PYTHONPATH": f"{home}{os.pathsep}{ROOT}", "PYTHONDONTWRITEBYTECODE": "1"}
    result = subprocess.run(command, env=environment | variables, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.parametrize(("users", "seen"), [(None, "1"), ("0", "0"), ("1", "1")])
def test_it_is_set_before_the_import_and_respects_the_user(tmp_path, users, seen):
    (tmp_path / "onnxruntime.py").write_text(f"import os\nprint('imported with', os.environ.get('{TELEMETRY}'))\n")
    variables = {} if users is None else {TELEMETRY: users}
    assert run([sys.executable, "-c", IMPORT], tmp_path, **variables) == f"imported with {seen}\n"


def test_the_real_one_leaves_no_trace_at_home(tmp_path):
    pytest.importorskip("onnxruntime", reason="the real one is looked at")
    run([sys.executable, "-c", IMPORT], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_real_one_opens_no_connection(tmp_path):
    """Asked of the kernel, with a session as well, for some things might start that late."""
    pytest.importorskip("onnxruntime", reason="the real one is looked at")
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    home, trace = tmp_path / "home", tmp_path / "trace"
    home.mkdir()
    script = f"""if True:
        {IMPORT}
        from fusion_perception.engine import open_engine
        from test.engine.tiny_model import tiny_model
        path = {str(tmp_path / "tiny.onnx")!r}
        open(path, "wb").write(tiny_model())
        open_engine(path, "onnxruntime", threads=1)
        """
    watched = ["strace", "-f", "-e", "trace=socket,connect,mkdir,mkdirat", "-o", str(trace)]
    check = subprocess.run([*watched, "true"], capture_output=True, check=False)
    if check.returncode:
        pytest.skip("strace may not trace here")
    run([*watched, sys.executable, "-c", script], home)
    calls = trace.read_text()
    assert "exited with 0" in calls
    assert "AF_INET" not in calls
    assert str(home) not in calls


def test_a_missing_package_is_one_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(BackendError, match=r"a test needs the package 'onnxruntime'.* pip install"):
        import_onnxruntime("a test")


def test_setting_it_twice_changes_nothing(monkeypatch):
    monkeypatch.delenv(TELEMETRY, raising=False)
    disable_telemetry()
    assert os.environ[TELEMETRY] == "1"
    monkeypatch.setenv(TELEMETRY, "0")
    disable_telemetry()
    assert os.environ[TELEMETRY] == "0"


def imports_past_us(text):
    """Return the lines of a source that import ONNX Runtime without us, whether as a statement or by its name."""
    found = []
    for node in ast.walk(ast.parse(text)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in ("require", "import_module", "__import__"):
                names = [str(node.args[0].value)]
        found += [node.lineno for name in names if name.partition(".")[0] == "onnxruntime"]
    return found


@pytest.mark.parametrize(
    "line",
    [
        "import onnxruntime as ort",
        "from onnxruntime.quantization import QuantType",
        "require('onnxruntime', 'x')",
        "errors.require('onnxruntime.quantization', 'x')",
        "importlib.import_module('onnxruntime')",
    ],
)
def test_what_the_next_test_would_find(line):
    assert imports_past_us(f"def late():\n    {line}") == [2]
    assert imports_past_us(line.replace("onnxruntime", "onnx")) == []


def test_nobody_imports_it_past_us():
    """Tests may: test/conftest.py has set it before any of them is read."""
    sources = [*(ROOT / "fusion_perception").rglob("*.py"), *(ROOT / "tools").rglob("*.py"), *ROOT.glob("launch/*.py")]
    assert len(sources) > 100
    found = {str(path.relative_to(ROOT)): imports_past_us(path.read_text("utf-8")) for path in sources}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_it_is_off_in_these_tests():
    assert os.environ.get(TELEMETRY)
