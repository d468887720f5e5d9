# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import sys

from fusion_perception.doctor import examine as module
from fusion_perception.doctor.examine import examine
from fusion_perception.doctor.finding import Finding
from fusion_perception.doctor.surroundings import PATIENCE_S, run_program


def test_a_check_that_fails_is_a_finding_and_the_others_are_made(machine, monkeypatch):
    def broken(at):
        raise KeyError("x")

    monkeypatch.setattr(module, "_CHECKS", {"one": broken, "two": lambda at: [Finding("two", "ok", "fine")]})
    monkeypatch.setattr(
        module, "check_ros", lambda at, topics, seconds: [Finding("ROS 2", "ok", f"{topics} {seconds}")]
    )
    findings = list(examine(machine.surroundings, {"rgb": "/x"}, 2.0))
    assert [(finding.name, finding.level) for finding in findings] == [("one", "wrong"), ("two", "ok"), ("ROS 2", "ok")]
    assert findings[0].text == "could not be looked at: KeyError: 'x'"
    assert findings[2].text == "{'rgb': '/x'} 2.0"


def test_programs():
    done = run_program([sys.executable, "-c", "import sys; print('out'); print('why', file=sys.stderr); sys.exit(3)"])
    assert (done.status, done.out, done.last_words) == (3, "out\n", "why")
    assert run_program(["/no/such/program"]).status is None
    slow = run_program([sys.executable, "-c", "import time; time.sleep(60)"], 0.2)
    assert (slow.status, slow.last_words) == (None, "it did not end within 0.2 s")
    assert PATIENCE_S > 10
