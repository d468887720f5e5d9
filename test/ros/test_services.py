# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests that services answer, inside the test process."""

from types import SimpleNamespace

import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed")
from lifecycle_msgs.srv import ChangeState
from rcl_interfaces.msg import ParameterType
from rcl_interfaces.srv import GetParameters, SetParameters, SetParametersAtomically
from rclpy.lifecycle import LifecycleNode, TransitionCallbackReturn
from rclpy.parameter import Parameter

from fusion_perception.ros.services import always_answer, give_reasons, refuse_wrong_transitions

pytestmark = pytest.mark.ros
CONFIGURE, CLEANUP, ACTIVATE, DEACTIVATE = 1, 2, 3, 4
SHUTDOWN = {"unconfigured": 5, "inactive": 6, "active": 7}
RIGHT = {
    "unconfigured": {CONFIGURE, 5},
    "inactive": {CLEANUP, ACTIVATE, 6},
    "active": {DEACTIVATE, 7},
}
PATHS = {"unconfigured": (), "inactive": (CONFIGURE,), "active": (CONFIGURE, ACTIVATE)}


class Broken(LifecycleNode):
    """A node whose activation returns what rclpy cannot handle."""

    errors = 0

    def on_activate(self, state):
        return None

    def on_error(self, state):
        self.errors += 1
        return TransitionCallbackReturn.SUCCESS


@pytest.fixture
def failures():
    reports = []
    return SimpleNamespace(report=lambda error, what="": reports.append(error), reports=reports)


@pytest.fixture
def make(ros, failures):
    nodes = []

    def make_node(node_class=LifecycleNode):
        node = node_class("served", context=ros)
        refuse_wrong_transitions(node, failures)
        always_answer(node, failures)
        nodes.append(node)
        return node

    yield make_node
    for node in nodes:
        node.destroy_node()


def change(node, number=0, label=""):
    request = ChangeState.Request()
    request.transition.id, request.transition.label = number, label
    return service_of(node, "/change_state").callback(request, ChangeState.Response()).success


def state(node):
    return node._state_machine.current_state[1]


def service_of(node, ending):
    return next(item for item in node.services if item.srv_name.endswith(ending))


@pytest.mark.parametrize("start", RIGHT)
def test_a_transition_that_the_state_does_not_allow_is_answered(start, make, failures):
    node = make()
    for number in PATHS[start]:
        assert change(node, number)
    for number in range(8, 256):  # public transitions are 1 to 7; others exist inside transitions only
        assert change(node, number) is False
    for number in {0, 1, 2, 3, 4, 5, 6, 7} - RIGHT[start]:
        assert change(node, number) is False
    assert change(node, label="no such\n[FATAL] transition") is False
    assert state(node) == start
    assert failures.reports == []


def test_a_refusal_names_the_transition_the_state_and_what_is_allowed(make, monkeypatch):
    node, told = make(), []
    monkeypatch.setattr(node, "get_logger", lambda: SimpleNamespace(warning=told.append))
    for _ in range(2):
        change(node, DEACTIVATE)
    change(node, label="start")
    allowed = "is refused: the node is unconfigured; allowed now: configure, shutdown"
    assert told == [f"transition number {DEACTIVATE} {allowed}", f"transition 'start' {allowed}"]


def test_the_final_state_allows_nothing(make):
    node = make()
    assert change(node, SHUTDOWN["unconfigured"])
    assert not any(change(node, number) for number in range(10))
    assert state(node) == "finalized"


def test_a_label_goes_before_a_number(make):
    node = make()
    assert change(node, CLEANUP, "configure")
    assert change(node, CLEANUP, "activate")
    assert change(node, DEACTIVATE, "configure") is False
    assert state(node) == "active"


def test_a_transition_that_breaks_off_half_way_leaves_a_state_one_can_go_on_from(make, failures):
    node = make(Broken)
    assert change(node, CONFIGURE)
    assert change(node, ACTIVATE) is False
    assert (state(node), node.errors) == ("unconfigured", 1)
    assert len(failures.reports) == 1
    assert change(node, CONFIGURE)


def test_a_service_that_fails_answers_all_the_same(make, failures, monkeypatch):
    node = make()
    monkeypatch.setattr(node, "get_parameters", lambda names: 1 / 0)
    monkeypatch.setattr(node, "get_parameter", lambda name: 1 / 0)
    answer = service_of(node, "/get_parameters").callback(
        GetParameters.Request(names=["use_sim_time"]), GetParameters.Response()
    )
    assert isinstance(answer, GetParameters.Response)
    assert isinstance(failures.reports[0], ZeroDivisionError)


def test_reasons_reach_who_sets_a_parameter(make):
    node = make()
    node.declare_parameter("slow", 1)
    node.declare_parameter("quick", 1)
    give_reasons(node, lambda name: "later" if name == "slow" else "")
    values = [Parameter(name, value=2).to_parameter_msg() for name in ("slow", "quick", "nonesuch")]
    assert values[0].value.type == ParameterType.PARAMETER_INTEGER
    answer = service_of(node, "/set_parameters").callback(
        SetParameters.Request(parameters=values), SetParameters.Response()
    )
    assert [(item.successful, item.reason) for item in answer.results[:2]] == [(True, "later"), (True, "")]
    assert answer.results[2].successful is False
    answer = service_of(node, "/set_parameters_atomically").callback(
        SetParametersAtomically.Request(parameters=values[:2]), SetParametersAtomically.Response()
    )
    assert (answer.result.successful, answer.result.reason) == (True, "later")
