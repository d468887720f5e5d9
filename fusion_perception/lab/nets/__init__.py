# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Torch modules: fusers, segmenters, and systems of both."""
