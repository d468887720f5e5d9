# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Balancers: how several losses are weighted against each other while training runs."""
