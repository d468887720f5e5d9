# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Compare methods under equal conditions: train or load them, measure them alike, show them side by side."""
