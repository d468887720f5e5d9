# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Bags of ROS 2 (mcap, sqlite), read and written without a ROS installation; damaged ones as far as they go."""
