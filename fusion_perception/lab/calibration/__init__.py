# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Finds the homography from thermal to RGB pixels in pairs of a rig, and how sure it is."""
