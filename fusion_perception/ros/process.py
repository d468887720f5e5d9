# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""One ROS process: start a node, spin it, end it cleanly, and say in one sentence what went wrong.

What takes time to import is imported in ``run_node``, after it has taken over the signals.
"""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from fusion_perception.ros.stop_signals import StopSignals


def run_node(module: str, class_name: str, args: Sequence[str] | None = None, *, program: str = "") -> int:
    """Run a node until it is done, or until SIGINT or SIGTERM.

    An exception of a callback is logged and counted, and the node goes on; only failing to start ends it. A signal
    ends it within two seconds, while it starts as well; a node that has something to save at its end says so by
    ``saves_at_end`` and takes the time it needs.

    Args:
        module: module of the node class; imported late, because it needs ROS.
        class_name: the class. It is made without arguments and has ``start()`` and ``close()``, which
            raise FusionPerceptionError, ``done``, a Future or None, and, if it wants, ``saves_at_end``, a bool,
            and ``failures``, a CallbackFailures.
        args: command line; the process's own by default.
        program: name for messages; the module's by default.

    Returns:
        Exit status: 0, or 1 after an error. After a signal it does not return, but ends the process.
    """
    program = program or module.rpartition(".")[2]
    with StopSignals() as signals:
        status = _live(signals, module, class_name, args, program)
    if signals.received:
        # All is closed. Python would take another half second to take itself apart, and a thread of a library that
        # comes back meanwhile would abort the process: both would spoil an orderly end.
        for stream in (sys.stdout, sys.stderr):
            with suppress(Exception):  # a closed pipe
                stream.flush()
        os._exit(status)
    return status


def _live(signals: StopSignals, module: str, class_name: str, args: Sequence[str] | None, program: str) -> int:
    """Start, run and end the node; returns the exit status."""
    from fusion_perception.errors import FusionPerceptionError
    from fusion_perception.text import printable

    try:
        node_class = _prepare(signals, module, class_name, args, program)
    except FusionPerceptionError as error:
        print(f"{program}: {printable(error, 0)}", file=sys.stderr)
        return 1
    import rclpy

    try:
        return 0 if signals.received else _run(program, node_class, signals)
    finally:
        rclpy.try_shutdown()


def _prepare(signals: StopSignals, module: str, class_name: str, args: Sequence[str] | None, program: str) -> Any:
    """Import everything and start ROS; returns the node class."""
    from fusion_perception.errors import FusionPerceptionError, require
    from fusion_perception.ros.failure import describe_start
    from fusion_perception.ros.log_colours import choose_log_colours
    from fusion_perception.ros.transport import use_image_transport

    choose_log_colours(os.environ)
    signals.call(lambda: os._exit(0))  # nothing is open yet that would have to be closed
    rclpy = require("rclpy", program)
    try:
        node_class = getattr(importlib.import_module(module), class_name)
    except ImportError as error:  # a message package, or OpenCV
        raise FusionPerceptionError(f"{error}; install what is missing (see package.xml), or source ROS") from error
    from rclpy.signals import SignalHandlerOptions

    use_image_transport()
    signals.call(lambda: None)
    try:
        rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
    except Exception as error:  # ROS arguments that cannot be parsed, no place for logs
        raise FusionPerceptionError(describe_start(error)) from error
    return node_class


def _run(program: str, node_class: Any, signals: StopSignals) -> int:
    from rclpy.executors import SingleThreadedExecutor
    from rclpy.task import Future

    from fusion_perception.ros.callback_failures import CallbackFailures
    from fusion_perception.ros.services import always_answer
    from fusion_perception.ros.spin import spin_until
    from fusion_perception.ros.unknown_parameters import warn_about_unknown
    from fusion_perception.text import printable

    node: Any = None
    message = ""
    try:
        node = node_class()
        failures = getattr(node, "failures", None) or CallbackFailures(node.get_logger())
        done = node.done or Future()
        signals.call(lambda: done.done() or done.set_result(None))
        always_answer(node, failures)
        warn_about_unknown(node)
        node.start()
        if getattr(node, "saves_at_end", False):
            signals.limit_s = None
        executor = SingleThreadedExecutor()
        executor.add_node(node)
        spin_until(done, executor, failures.report)
    except Exception as error:
        message = _told(error)
        if node is not None:
            node.get_logger().debug(printable("".join(traceback.format_exception(error)), 0))
    message = _close(node, message)
    if message and node is None:
        print(f"{program}: {printable(message, 0)}", file=sys.stderr)
    return 1 if message else 0


def _close(node: Any, message: str) -> str:
    """End a node and say what went wrong; returns that."""
    from fusion_perception.text import printable

    if node is None:
        return message
    try:
        node.close()
    except Exception as error:  # what ended its threads
        message = message or _told(error)
    if message:
        node.get_logger().fatal(printable(message, 0))
    try:
        node.destroy_node()
    except Exception as error:  # it is over anyway, and the status is decided
        node.get_logger().debug(printable(_told(error), 0))
    return message


def _told(error: Exception) -> str:
    from fusion_perception.ros.failure import describe

    return describe(error)
