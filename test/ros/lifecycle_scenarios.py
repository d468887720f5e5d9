# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Scenarios of the probe about states and parameters."""

from lifecycle_msgs.srv import ChangeState
from rcl_interfaces.srv import DescribeParameters


def lifecycle(probe):
    """Walk through the states; results come in the active one only."""
    findings = {"first": probe.state()}
    probe.listen("mask")
    findings["configure"] = [probe.transition("configure"), probe.state()]
    findings["silent_inactive"] = not probe.spin(lambda: bool(probe.results), 1, probe.send_pair)
    findings["activate"] = [probe.transition("activate"), probe.state()]
    findings["active"] = probe.spin(lambda: len(probe.results.get("mask", ())) >= 3, each=probe.send_pair)
    findings["deactivate"] = [probe.transition("deactivate"), probe.state()]
    probe.spin(lambda: False, 0.3)
    probe.results.clear()
    findings["silent_again"] = not probe.spin(lambda: bool(probe.results), 1, probe.send_pair)
    findings["cleanup"] = [probe.transition("cleanup"), probe.state()]
    findings["again"] = [probe.transition("configure"), probe.transition("activate"), probe.state()]
    findings["active_again"] = probe.spin(lambda: len(probe.results.get("mask", ())) >= 3, each=probe.send_pair)
    return findings


def wrong_transitions(probe):
    """Ask in every state for all transitions that it does not allow."""
    right = {"unconfigured": {1, 5}, "inactive": {2, 3, 6}, "active": {4, 7}, "finalized": set()}
    states, wrong = [], []
    for step in ("configure", "activate", "deactivate", "cleanup", "shutdown", None):
        states.append(probe.state())
        for number in {*range(9), 200} - right[states[-1]]:
            request = ChangeState.Request()
            request.transition.id = number
            wrong.append(probe.call(ChangeState, "fusion_node/change_state", request).success)
        if step is not None:
            probe.transition(step)
    return {"states": states, "wrong": wrong}


def late_parameters(probe):
    """Set one parameter that is read on configure and one that is not."""
    description = probe.call(
        DescribeParameters,
        "fusion_node/describe_parameters",
        DescribeParameters.Request(names=["engine.allow_fallback"]),
    )
    findings = {"description": description.descriptors[0].description}
    probe.spin(lambda: probe.diagnostics.get("state") == "running")
    findings["late"] = probe.set("engine.allow_fallback", False)
    findings["at_once"] = probe.set("lazy", False)
    probe.spin(lambda: probe.diagnostics.get("pending_parameters"))
    findings["pending"] = probe.diagnostics.get("pending_parameters")
    return findings
