# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import subprocess
import sys
from pathlib import Path

from fusion_perception.doctor import gpu_check, machine_check, model_check, python_check, ros_check
from fusion_perception.doctor.examine import examine
from fusion_perception.doctor.finding import Finding
from fusion_perception.doctor.surroundings import PATIENCE_S, run_program
from fusion_perception.errors import BackendError

ROOT = Path(__file__).parents[2]


def test_a_check_that_fails_is_a_finding_and_the_others_are_made(machine, monkeypatch):
    def broken(at):
        raise KeyError("x")

    def needs_more(at):
        raise BackendError("this needs the package 'numpy'")

    for name in ("check_processors", "check_folders"):
        monkeypatch.setattr(machine_check, name, broken)
    monkeypatch.setattr(machine_check, "check_kernel", needs_more)
    monkeypatch.setattr(gpu_check, "check_gpu", needs_more)
    monkeypatch.setattr(model_check, "check_models", lambda at: [])
    monkeypatch.setattr(python_check, "check_python", lambda at: [Finding("Python", "ok", "fine")])
    monkeypatch.setattr(ros_check, "check_ros", lambda *given: [Finding("ROS 2", "ok", f"{given[1:]}")])
    findings = list(examine(machine.surroundings, {"rgb": "/x"}, 2.0))
    assert [(finding.name, finding.level, finding.text) for finding in findings] == [
        ("Python", "ok", "fine"),
        ("processors", "wrong", "could not be looked at: KeyError: 'x'"),
        ("GPU", "wrong", "this needs the package 'numpy'"),
        ("ROS 2", "ok", "({'rgb': '/x'}, 2.0)"),
    ]


def test_without_numpy_the_rest_is_looked_at():
    script = (
        "import sys; sys.modules['numpy'] = None\n"
        "from fusion_perception.doctor.examine import examine\n"
        "from fusion_perception.doctor.surroundings import Output, Surroundings\n"
        "at = Surroundings(run=lambda *_: Output(None))\n"
        "for finding in examine(at, {}, 0.1): print(finding.level, finding.name)"
    )
    result = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    lines = result.stdout.splitlines()
    assert lines[0] == "ok Python"
    assert "wrong NumPy, OpenCV" in lines


def test_programs():
    done = run_program([sys.executable, "-c", "import sys; print('out'); print('why', file=sys.stderr); sys.exit(3)"])
    assert (done.status, done.out, done.last_words) == (3, "out\n", "why")
    assert run_program(["/no/such/program"]).status is None
    slow = run_program([sys.executable, "-c", "import time; time.sleep(60)"], 0.2)
    assert (slow.status, slow.last_words) == (None, "it did not end within 0.2 s")
    assert PATIENCE_S > 10
