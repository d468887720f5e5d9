# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Bags of ROS 2 (mcap, sqlite) and ROS 1, without a ROS installation; damaged ones are read as far as they go."""
