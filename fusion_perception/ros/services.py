# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The services that rclpy provides for a node: each call is answered, even when a callback fails.

rclpy has no public way to look into these services. Their callbacks are replaced where the installed rclpy has them
under the names known here, and left alone elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fusion_perception.ros.callback_failures import CallbackFailures
from fusion_perception.ros.throttle import LogThrottle
from fusion_perception.text import printable

_SET_PARAMETERS = ("/set_parameters", "/set_parameters_atomically")
_SECONDS_BETWEEN_REFUSALS = 10.0  # a manager that keeps asking is told so once in a while


def always_answer(node: Any, failures: CallbackFailures) -> None:
    """Let all services of a node answer with a blank response when their callbacks raise.

    A blank response says "not successful" where the response can say so; without one the caller would wait for ever.
    """
    for service in node.services:
        if hasattr(service, "callback"):
            service.callback = _answering(service, failures)


def refuse_wrong_transitions(node: Any, failures: CallbackFailures) -> None:
    """Let ``change_state`` of a lifecycle node answer that a transition is not allowed now.

    rclpy raises there, and so ends the process. A transition that breaks off half way, which would leave the node in
    a state that no transition leads out of, ends in ``on_error`` and so in the state ``unconfigured``.
    """
    service = getattr(node, "_service_change_state", None)
    machine = getattr(node, "_state_machine", None)
    if service is None or machine is None or not hasattr(service, "callback"):
        return
    change_state = service.callback
    throttle = LogThrottle(_SECONDS_BETWEEN_REFUSALS)

    def answer(request: Any, response: Any) -> Any:
        wanted = request.transition
        allowed = {item[0]: item[1] for item in machine.available_transitions}
        if wanted.label in allowed.values() if wanted.label else wanted.id in allowed:
            try:
                return change_state(request, response)
            except Exception as error:
                failures.report(error, "a lifecycle transition")
                _leave_transition(node, machine, failures)
        else:
            name = f"'{printable(wanted.label)}'" if wanted.label else f"number {wanted.id}"
            state = machine.current_state[1]
            admitted = throttle.admit(
                f"{state} {'label' if wanted.label else wanted.id}",
                f"transition {name} is refused: the node is {state}; "
                f"allowed now: {', '.join(sorted(allowed.values())) or 'none'}",
            )
            if admitted:
                node.get_logger().warning(admitted)
        response.success = False
        return response

    service.callback = answer


def give_reasons(node: Any, reason_of: Callable[[str], str]) -> None:
    """Add a sentence to the answer on a parameter that was set; rclpy drops the one a callback gives.

    Args:
        node: the node.
        reason_of: returns what there is to say of a parameter that was just set, or an empty string.
    """
    for service in node.services:
        name = getattr(service, "srv_name", "")
        if name.endswith(_SET_PARAMETERS) and hasattr(service, "callback"):
            service.callback = _with_reasons(service.callback, reason_of)


def _answering(service: Any, failures: CallbackFailures) -> Callable[[Any, Any], Any]:
    callback, name = service.callback, getattr(service, "srv_name", "a service")

    def answer(request: Any, response: Any) -> Any:
        try:
            return callback(request, response)
        except Exception as error:
            failures.report(error, f"service '{name}'")
            return service.srv_type.Response()

    return answer


def _with_reasons(callback: Callable[[Any, Any], Any], reason_of: Callable[[str], str]) -> Callable[[Any, Any], Any]:
    def answer(request: Any, response: Any) -> Any:
        response = callback(request, response)
        names = [item.name for item in request.parameters]
        if hasattr(response, "results"):
            for name, result in zip(names, response.results, strict=False):
                if result.successful and not result.reason:
                    result.reason = reason_of(name)
        elif response.result.successful and not response.result.reason:
            response.result.reason = "; ".join(filter(None, map(reason_of, names)))
        return response

    return answer


def _leave_transition(node: Any, machine: Any, failures: CallbackFailures) -> None:
    """Go from the middle of a transition through error processing back to ``unconfigured``."""
    from rclpy.lifecycle import TransitionCallbackReturn

    labels: Mapping[str, str] = {
        name: getattr(TransitionCallbackReturn, name).to_label() for name in ("ERROR", "SUCCESS")
    }
    try:
        if any(item[1] == labels["ERROR"] for item in machine.available_transitions):
            machine.trigger_transition_by_label(labels["ERROR"], True)
            node.on_error(None)
            machine.trigger_transition_by_label(labels["SUCCESS"], True)
    except Exception as error:
        failures.report(error, "leaving a lifecycle transition")
