# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Which sensor drove which decision: targets, path methods, modality share."""
