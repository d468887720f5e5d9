# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import json

import pytest

from fusion_perception.cli.main import main
from fusion_perception.doctor import examine
from fusion_perception.doctor.examination import EXAMINATION
from fusion_perception.doctor.finding import Finding

GOOD = Finding("Python", "ok", "3.11")
BETTER = Finding("GPU", "remark", "too slow", "buy another")
BAD = Finding("ROS 2", "wrong", "not\x1b[31m sourced", "source it")


@pytest.fixture
def finds(monkeypatch):
    def finds(*findings):
        asked = []

        def examined(at, topics, seconds):
            asked.append((topics, seconds))
            yield from findings

        monkeypatch.setattr(examine, "examine", examined)
        return asked

    return finds


def test_lines_and_status(finds, capsys):
    finds(GOOD, BETTER)
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["ok", "Python", "3.11"]
    assert lines[1].split(None, 2) == ["remark", "GPU", "too slow"]
    assert lines[2].strip() == "-> buy another"
    finds(GOOD, BAD)
    assert main(["doctor"]) == 1
    assert capsys.readouterr().out.isprintable() is False  # line breaks alone
    finds(BAD)
    main(["doctor"])
    assert "\x1b" not in capsys.readouterr().out


def test_json(finds, capsys):
    finds(GOOD, BAD)
    assert main(["doctor", "--json"]) == 1
    document = EXAMINATION.read(json.loads(capsys.readouterr().out))
    assert document.findings[0] == GOOD
    assert [finding.level for finding in document.findings] == ["ok", "wrong"]


def test_arguments(finds):
    asked = finds(GOOD)
    main(["doctor", "--thermal-topic", "/boson/image", "--seconds", "9"])
    assert asked == [({"thermal": "/boson/image"}, 9.0)]
    assert main(["doctor", "--seconds", "0"]) == 2


@pytest.mark.slow
def test_this_machine(capsys, monkeypatch, tmp_path):
    """Everything is really looked at; what is found depends on the machine."""
    from test.ros_environment import own_domain

    monkeypatch.setenv("ROS_DOMAIN_ID", str(own_domain()))
    monkeypatch.setenv("ROS_LOG_DIR", str(tmp_path))
    status = main(["doctor", "--json", "--seconds", "0.5"])
    findings = EXAMINATION.read(json.loads(capsys.readouterr().out)).findings
    names = [finding.name for finding in findings]
    assert names[0] == "Python"
    assert {"processors", "GPU", "TensorRT", "ONNX Runtime", "plans", "shared memory", "kernel limits", "ROS 2"} <= set(
        names
    )
    assert status == int(any(finding.level == "wrong" for finding in findings))
    assert not [finding for finding in findings if "could not be looked at" in finding.text]
    assert all(finding.remedy for finding in findings if finding.level != "ok" and finding.name != "camera clocks")
