# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Robots that see by thermal and visible light together.

``import fusion_perception`` needs NumPy and OpenCV alone; every other package
is imported where it is used, and its absence is reported in one sentence.
"""

__version__ = "0.2.0"
