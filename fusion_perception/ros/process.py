# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""One ROS process: start a node, spin it, end it cleanly, and say in one sentence what went wrong."""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Sequence
from typing import Any

from fusion_perception.errors import FusionPerceptionError, require
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
        use_image_transport()
        try:
            rclpy.init(args=args)
        except RuntimeError as error:  # ROS arguments that cannot be parsed
            raise FusionPerceptionError(str(error)) from error
    except FusionPerceptionError as error:
        print(f"{program}: {error}", file=sys.stderr)
        return 1
    try:
        return _run(program, node_class)
    finally:
        rclpy.try_shutdown()


def _run(program: str, node_class: Any) -> int:
    from rclpy.exceptions import InvalidParameterTypeException, InvalidParameterValueException
    from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor

    node: Any = None

    def report(message: str) -> None:
        if node is None:
            print(f"{program}: {message}", file=sys.stderr)
        else:
            node.get_logger().fatal(message)

    try:
        node = node_class()
        node.start()
        executor = SingleThreadedExecutor()
        executor.add_node(node)
        if node.done is None:
            executor.spin()
        else:
            executor.spin_until_future_complete(node.done)
        node.close()
    except (KeyboardInterrupt, ExternalShutdownException):
        return 0
    except (FusionPerceptionError, InvalidParameterValueException) as error:
        report(str(error))
        return 1
    except InvalidParameterTypeException as error:
        report(f"{error}; a number of type DOUBLE is written with a point, for example 5.0")
        return 1
    finally:
        if node is not None:
            with contextlib.suppress(FusionPerceptionError):  # it was reported, or a signal has ended the node
                node.close()
            node.destroy_node()
    return 0
