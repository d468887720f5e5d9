# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The single fusion metrics; ``evaluation.fusion_metrics`` computes them all."""
