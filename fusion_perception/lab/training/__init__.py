# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Training: one trainer, weight providers, strategies and recipes."""
