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


class DeclareLaunchArgument(Recorded):
    """An argument as the command line shows it."""

    def __init__(self, name, *, default_value=None, description=None):
        super().__init__(name)
        self.name, self.default_value, self.description = name, default_value, description


class LaunchDescription(Recorded):
    """What a launch file returns."""

    def get_launch_arguments(self):
        """Return the arguments, those inside groups among them."""
        found, ahead = [], list(self.arguments[0])
        while ahead:
            entity = ahead.pop(0)
            if isinstance(entity, DeclareLaunchArgument):
                found.append(entity)
            elif entity.arguments and isinstance(entity.arguments[0], list):
                ahead = [*entity.arguments[0], *ahead]
        return found


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
        "launch": {"LaunchContext": LaunchContext, "LaunchDescription": LaunchDescription},
        "launch.actions": {
            name: type(name, (Recorded,), {}) for name in ("EmitEvent", "GroupAction", "OpaqueFunction", "Shutdown")
        }
        | {"DeclareLaunchArgument": DeclareLaunchArgument, "ExecuteProcess": ExecuteProcess},
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
