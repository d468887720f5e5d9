# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Building blocks that several networks share."""
