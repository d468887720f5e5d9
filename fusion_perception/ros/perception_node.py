# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The lifecycle node that joins inputs, worker and outputs."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock, ClockType, JumpThreshold
from rclpy.duration import Duration
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter

from fusion_perception.engine import open_engine
from fusion_perception.errors import FusionPerceptionError
from fusion_perception.model_store import find_model
from fusion_perception.perceiver import Perceiver
from fusion_perception.ros import diagnostics
from fusion_perception.ros.callback_failures import CallbackFailures
from fusion_perception.ros.failure import describe
from fusion_perception.ros.fusion_settings import FusionSettings
from fusion_perception.ros.inputs import CameraInputs
from fusion_perception.ros.node_parts import NodeParts
from fusion_perception.ros.node_statistics import NodeStatistics
from fusion_perception.ros.outputs import ResultOutputs
from fusion_perception.ros.parameter_declaration import declare, read
from fusion_perception.ros.parameters import FUSION_PARAMETERS, not_yet_applied
from fusion_perception.ros.perception_report import PerceptionReport
from fusion_perception.ros.printable_logger import PrintableLog
from fusion_perception.ros.provisioning import Provisioning
from fusion_perception.ros.services import give_reasons, refuse_wrong_transitions
from fusion_perception.ros.spin import forget_dead_entities
from fusion_perception.ros.static_transforms import StaticTransforms
from fusion_perception.ros.unknown_parameters import warn_about_unknown_overrides
from fusion_perception.ros.worker import PerceptionWorker
from fusion_perception.sync import PairMatcher
from fusion_perception.text import printable


class PerceptionNode(PrintableLog, LifecycleNode):
    """Configure opens the model, activate subscribes and starts the worker; deactivate and clean up undo it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("fusion_node", **kwargs)
        declare(self, FUSION_PARAMETERS)
        settings = FusionSettings.from_values(read(self, FUSION_PARAMETERS))
        self.parts = parts = NodeParts(settings, NodeStatistics(), PairMatcher(settings.sync))
        self.failures = CallbackFailures(self.get_logger(), partial(parts.statistics.count, "callback_failures"))
        self._report = PerceptionReport(self, parts.statistics, parts.matcher)
        self._starting = False
        self._failure = ""
        self._provisioning = Provisioning(settings.values, self.get_logger()) if settings.values["build_only"] else None
        self.done = self._provisioning and self._provisioning.done  # None: it runs until it is told to end
        self._diagnostics = self.create_publisher(DiagnosticArray, diagnostics.TOPIC, 10)
        # By a clock that always runs: simulated time may stand still, and that has to be seen.
        self._timer = self.create_timer(
            settings.values["diagnostics.period_s"],
            self._publish_diagnostics,
            clock=Clock(clock_type=ClockType.STEADY_TIME),
        )
        self.add_on_set_parameters_callback(self._check_parameters)
        if hasattr(self, "add_post_set_parameters_callback"):  # from ROS 2 Iron on
            self.add_post_set_parameters_callback(self._parameters_changed)
        # Simulated time that jumps back is a bag that started again: nothing of the old run may stay.
        threshold = JumpThreshold(min_forward=None, min_backward=Duration(nanoseconds=-1), on_clock_change=True)
        self._jump_handle = self.get_clock().create_jump_callback(threshold, post_callback=self._on_time_jump)
        refuse_wrong_transitions(self, self.failures)
        give_reasons(self, lambda name: not_yet_applied(parts.configured, parts.settings.values).get(name, ""))

    def start(self) -> None:
        """Configure and activate, unless ``autostart`` is false; or begin to build, with ``build_only``.

        Raises:
            FusionPerceptionError: a transition failed; the message says why.
        """
        if self._provisioning is not None:
            self._provisioning.start()
            return
        if not self.parts.settings.values["autostart"]:
            self.get_logger().info("waiting for lifecycle transitions (autostart is false)")
            return
        self._starting = True
        for transition in (self.trigger_configure, self.trigger_activate):
            if transition() != TransitionCallbackReturn.SUCCESS:
                raise FusionPerceptionError(self._failure or "the node could not be started")
        self._starting = False

    def close(self) -> None:
        """Stop the worker and free the engine; calling it twice is harmless.

        Raises:
            FusionPerceptionError: with ``build_only``, why something was not built.
        """
        self.parts.stop()
        self._release()
        if self._provisioning is not None:
            self._provisioning.finish()

    def destroy_node(self) -> None:
        """Leave the ROS graph at once, the services of the lifecycle included.

        rclpy forgets the state machine, which then keeps the node in the graph, deaf, until Python frees the object.
        """
        super().destroy_node()
        self._state_machine.destroy_when_not_in_use()

    # Transitions -----------------------------------------------------------------------------------------------

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Open the model and create the publishers."""
        try:
            return self._configure(state)
        except Exception as error:  # rclpy would swallow it without a word
            self._tell_failure(error)
            self._release()
            return TransitionCallbackReturn.FAILURE

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Subscribe the cameras and start the worker."""
        try:
            return self._activate(state)
        except Exception as error:
            self._tell_failure(error)
            self.parts.stop()
            return TransitionCallbackReturn.FAILURE

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Unsubscribe and stop the worker; the model stays loaded."""
        return self._undo(self.parts.stop, super().on_deactivate, state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Free the model."""
        return self._undo(self._release, super().on_cleanup, state)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop and free everything."""
        return self._undo(self.close, super().on_shutdown, state)

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """After an unexpected error in a transition: back to unconfigured."""
        return self._undo(self.close, lambda _: TransitionCallbackReturn.SUCCESS, state)

    def _undo(self, undo: Callable[[], None], then: Callable[[LifecycleState], Any], state: LifecycleState) -> Any:
        try:
            undo()
            return then(state)
        except Exception as error:  # rclpy would swallow it without a word
            self._tell_failure(error)
            return TransitionCallbackReturn.ERROR

    def _configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        parts = self.parts
        parts.settings = FusionSettings.from_values(read(self, FUSION_PARAMETERS))
        values = parts.settings.values
        parts.engine = open_engine(
            find_model(values["model"]),
            values["backend"],
            threads=values["engine.threads"],
            device_id=values["engine.device_id"],
            build=values["engine.build"],
            allow_fallback=values["engine.allow_fallback"],
            attribution_method=values["attribution.method"],
            **({"cuda_graph": True} if values["engine.cuda_graph"] else {}),
        )
        info = parts.engine.info
        parts.perceiver = Perceiver(parts.engine)
        has_attribution = info.metadata.attribution is not None
        failure = self._warm_up(parts.perceiver, attribution=has_attribution and values["attribution.enabled"])
        info = parts.engine.info  # the first run with attribution may have found something to note
        if failure:
            has_attribution = False
            parts.remarks = (f"the attribution is left out: {failure}",)
        outputs = info.metadata.outputs(attribution=has_attribution)
        parts.outputs = ResultOutputs(self, info.metadata.labels, outputs)
        self._timer.timer_period_ns = int(values["diagnostics.period_s"] * 1e9)
        self._apply(parts.settings)
        parts.configured = values
        self.get_logger().info(
            f"model '{info.metadata.name}' ({info.metadata.height} x {info.metadata.width}, {info.precision}) on "
            f"{info.backend} {info.provider}, {info.device}"
        )
        if info.choice:
            self.get_logger().info(info.choice)
        told = replace(info, notes=(*info.notes, *parts.remarks))
        for note in told.notes:
            self.get_logger().warning(note)
        self._report.engine.start(told)
        return super().on_configure(state)

    def _warm_up(self, perceiver: Perceiver, *, attribution: bool) -> str:
        """Run the model once; returns why the attribution, and it alone, cannot run, or an empty string."""
        try:
            perceiver.warm_up(attribution=attribution)
        except Exception as error:
            if not attribution:
                raise
            perceiver.warm_up()
            return describe(error)
        return ""

    def _tell_failure(self, error: Exception) -> None:
        self._failure = describe(error)
        if not self._starting:  # else start() hands it on, and it is said once
            self.get_logger().error(self._failure)
        self.get_logger().debug(printable("".join(traceback.format_exception(error)), 0))

    def _activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        parts = self.parts
        assert parts.perceiver and parts.outputs and parts.engine  # noqa: S101 - configured before
        parts.matcher.flush()
        clock = self.get_clock()
        parts.worker = PerceptionWorker(
            parts.perceiver,
            parts.outputs,
            parts.statistics,
            now_ns=lambda: clock.now().nanoseconds,
            labels=parts.engine.info.metadata.labels,
            evidence=parts.outputs.has("signed_thermal"),
            camera_info=parts.camera_info,
            alive=self.context.ok,
            logger=self.get_logger(),
        )
        parts.inputs = CameraInputs(
            self,
            parts.matcher,
            parts.statistics,
            parts.worker.put,
            parts.settings.values["image_transport"],
            parts.settings.health,
            parts.choose_registration,
        )
        if parts.settings.values["registration.extrinsics_from"] == "tf":
            parts.transforms = StaticTransforms(self, parts.choose_registration)
        self._apply(parts.settings)
        result = super().on_activate(state)
        warn_about_unknown_overrides(self)
        names = ", ".join(f"'{topic.name}'" for topic in parts.inputs.topics.values())
        self.get_logger().info(f"listening to {names}; publishing {', '.join(parts.outputs.topics())}")
        return result

    def _release(self) -> None:
        self.parts.release()
        forget_dead_entities(self)

    # Parameters ------------------------------------------------------------------------------------------------

    def _check_parameters(self, parameters: Sequence[Parameter]) -> SetParametersResult:
        try:
            settings = self._settings_with(parameters)
            if not hasattr(self, "add_post_set_parameters_callback"):
                self._apply(settings)
        except Exception as error:  # whoever sets a parameter gets an answer
            return SetParametersResult(successful=False, reason=describe(error))
        return SetParametersResult(successful=True)

    def _parameters_changed(self, parameters: Sequence[Parameter]) -> None:
        try:
            self._apply(self._settings_with(parameters))
        except Exception as error:
            self.failures.report(error, "applying parameters")

    def _settings_with(self, parameters: Sequence[Parameter]) -> FusionSettings:
        values = dict(self.parts.settings.values)
        values.update({item.name: item.value for item in parameters if item.name in values})
        return FusionSettings.from_values(values)

    def _apply(self, settings: FusionSettings) -> None:
        """Give every part its settings, and name those that wait for the next configuring."""
        parts = self.parts
        waiting = not_yet_applied(parts.configured, settings.values)
        for name in waiting.keys() - not_yet_applied(parts.configured, parts.settings.values).keys():
            self.get_logger().warning(f"{name} is {printable(settings.values[name])} now: {waiting[name]}")
        parts.apply(settings)

    # Time and diagnostics --------------------------------------------------------------------------------------

    def _on_time_jump(self, jump: Any) -> None:
        try:
            self.parts.forget_times()
            seconds = jump.delta.nanoseconds / 1e9
            self.get_logger().info(f"time jumped by {seconds:.3f} s: waiting frames forgotten")
        except Exception as error:  # it is called from C
            self.failures.report(error, "a jump of time")

    def _publish_diagnostics(self) -> None:
        try:
            self._diagnostics.publish(self._report.message(self.parts))
        except Exception as error:
            self.failures.report(error, "diagnostics")
            self._diagnostics.publish(self._report.failed(error))
