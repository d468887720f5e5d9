# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""One run of a recipe: what was asked for, the plan, its data, its stages, its files and what it says of itself."""
