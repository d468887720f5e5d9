# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""One ROS process: start a node, spin it, end it cleanly, and say in one sentence what went wrong."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from typing import Any

from fusion_perception.errors import FusionPerceptionError, require
from fusion_perception.ros.failure import describe
from fusion_perception.ros.stop_signals import StopSignals
from fusion_perception.ros.transport import use_image_transport


def run_node(module: str, class_name: str, args: Sequence[str] | None = None, *, program: str = "") -> int:
    """Run a node until it is done, or until SIGINT or SIGTERM.

    Args:
        module: module of the node class; imported late, because it needs ROS.
        class_name: the class. It is made without arguments and has ``start()`` and ``close()``, which
            raise FusionPerceptionError, and ``done``, a Future or None.
        args: command line; the process's own by default.
        program: name for messages; the module's by default.

    Returns:
        Exit status: 0, or 1 after an error.
    """
    program = program or module.rpartition(".")[2]
    try:
        rclpy = require("rclpy", program)
        node_class = getattr(importlib.import_module(module), class_name)
        from rclpy.signals import SignalHandlerOptions

        use_image_transport()
        try:
            rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
        except RuntimeError as error:  # ROS arguments that cannot be parsed
            raise FusionPerceptionError(str(error)) from error
    except FusionPerceptionError as error:
        print(f"{program}: {error}", file=sys.stderr)
        return 1
    try:
        with StopSignals() as signals:
            return _run(program, node_class, signals)
    finally:
        rclpy.try_shutdown()


def _run(program: str, node_class: Any, signals: StopSignals) -> int:
    from rclpy.exceptions import InvalidParameterTypeException, InvalidParameterValueException
    from rclpy.executors import SingleThreadedExecutor
    from rclpy.task import Future

    node: Any = None
    message = ""
    try:
        node = node_class()
        done = node.done or Future()
        signals.call(lambda: done.done() or done.set_result(None))
        node.start()
        executor = SingleThreadedExecutor()
        executor.add_node(node)
        executor.spin_until_future_complete(done)
    except (FusionPerceptionError, InvalidParameterTypeException, InvalidParameterValueException) as error:
        message = describe(error)
    finally:
        if node is not None:
            try:
                node.close()
            except FusionPerceptionError as error:  # what ended its threads
                message = message or str(error)
            if message:
                node.get_logger().fatal(message)
            node.destroy_node()
    if message and node is None:
        print(f"{program}: {message}", file=sys.stderr)
    return 1 if message else 0
