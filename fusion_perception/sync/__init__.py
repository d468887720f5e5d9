# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Pairing of two camera streams by time: pure logic, no ROS."""
