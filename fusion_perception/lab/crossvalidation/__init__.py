# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Recipes judged on their training list: each pair by a network that has not seen it."""
