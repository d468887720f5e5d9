# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Networks that judge a fused image, one file each; used in training only."""
