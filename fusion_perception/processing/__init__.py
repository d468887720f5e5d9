# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Bags without a robot: every pair of a bag through the model, in several processes or on several machines."""
