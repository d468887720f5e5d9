# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The laboratory: networks, their training, export and measuring. What a robot runs never imports it."""
