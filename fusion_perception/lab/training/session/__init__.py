# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""One run of a recipe: its options, its plan, its data, its stages, its files and its record."""
