# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What the pages of evaluations and of the demonstration share: their frame, their look, and their charts."""
