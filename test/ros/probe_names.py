# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What the probe and the tests agree on, without ROS."""

IMAGES = ("image", "mask", "mask_color", "overlay", "confidence", "attribution", "attribution_color")
"""Result images below ``fusion/``."""
