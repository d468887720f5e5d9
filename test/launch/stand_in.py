# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Just enough of launch and launch_ros to read the launch file without them: it keeps what it is given."""

import logging
from types import ModuleType


class Recorded:
    """What the launch file makes: arguments and keywords are kept."""

    def __init__(self, *arguments, **keywords):
        self.arguments = arguments
        self.keywords = keywords


class Node(Recorded):
    """A node."""


class ExecuteProcess(Recorded):
    """A process that is no node."""


class LaunchContext:
    """Values of the arguments, and the command line."""

    def __init__(self, argv=()):
        self.argv = list(argv)
        self.launch_configurations = {}


def modules():
    """Return the stand-ins by the names under which the launch file imports them."""
    contents = {
        "launch": {"LaunchContext": LaunchContext, "LaunchDescription": Recorded},
        "launch.actions": {
            name: type(name, (Recorded,), {})
            for name in ("DeclareLaunchArgument", "EmitEvent", "GroupAction", "OpaqueFunction", "Shutdown")
        }
        | {"ExecuteProcess": ExecuteProcess},
        "launch.events": {},
        "launch.events.process": {"ShutdownProcess": type("ShutdownProcess", (Recorded,), {})},
        "launch.logging": {"get_logger": logging.getLogger},
        "launch_ros": {},
        "launch_ros.actions": {"Node": Node},
    }
    made = {}
    for name, attributes in contents.items():
        made[name] = ModuleType(name)
        made[name].__dict__.update(attributes)
    return made
