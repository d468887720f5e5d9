# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Weight providers: how much of each source the fused image should show, per pixel."""
