# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Benchmarks: measured times, counted operations, and what the machine could do."""
