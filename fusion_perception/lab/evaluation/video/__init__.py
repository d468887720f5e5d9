# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Masks of a video for which there are none: what changes, what is false, what is found."""
