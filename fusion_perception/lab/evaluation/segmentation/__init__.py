# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The single segmentation metrics; ``evaluation.segmentation_metrics`` gathers them by day and night."""
