# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""How the updates of fuser and segmenter are coupled."""
