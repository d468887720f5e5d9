# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""All methods on one footing: train or load them, measure them alike, show them side by side."""
