#!/bin/bash
# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
# Entry of the images: run a command in the environment of ROS 2 and of this package.
set -e
source "/opt/ros/${ROS_DISTRO}/setup.bash"
source /opt/fusion_perception/local_setup.bash
exec "$@"
