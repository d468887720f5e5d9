# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""One ROS process: start a node, spin it, end it cleanly, and say in one sentence what went wrong."""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Sequence

from fusion_perception.errors import FusionPerceptionError, require
from fusion_perception.ros.transport import use_image_transport


def run_node(module: str, class_name: str, args: Sequence[str] | None = None) -> int:
    """Run a node until it is done, or until SIGINT or SIGTERM.

    Args:
        module: module of the node class; imported late, because it needs ROS.
        class_name: the class. It is made without arguments and has ``start()``, which raises
            FusionPerceptionError, ``done``, a Future or None, and ``close()``.
        args: command line; the process's own by default.

    Returns:
        Exit status: 0, or 1 after an error.
    """
    program = module.rpartition(".")[2]
    try:
        rclpy = require("rclpy", program)
        node_class = getattr(importlib.import_module(module), class_name)
    except FusionPerceptionError as error:
        print(f"{program}: {error}", file=sys.stderr)
        return 1
    from rclpy.exceptions import InvalidParameterTypeException, InvalidParameterValueException
    from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor

    use_image_transport()
    node = None
    try:
        rclpy.init(args=args)
        node = node_class()
        node.start()
        executor = SingleThreadedExecutor()
        executor.add_node(node)
        if node.done is None:
            executor.spin()
        else:
            executor.spin_until_future_complete(node.done)
        node.close()
        return 0
    except (KeyboardInterrupt, ExternalShutdownException):
        return 0
    except FusionPerceptionError as error:
        _report(node, program, str(error))
        return 1
    except (InvalidParameterTypeException, InvalidParameterValueException) as error:
        _report(node, program, f"{error} (a number with decimals is written with a point: 50.0)")
        return 1
    finally:
        if node is not None:
            with contextlib.suppress(FusionPerceptionError):  # reported already, or ended by a signal
                node.close()
            node.destroy_node()
        rclpy.try_shutdown()


def _report(node: object, program: str, message: str) -> None:
    if node is None:
        print(f"{program}: {message}", file=sys.stderr)
    else:
        node.get_logger().fatal(message)  # type: ignore[attr-defined]
