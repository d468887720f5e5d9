# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The ROS 2 layer: the only place that imports rclpy."""
