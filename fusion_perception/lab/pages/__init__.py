# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What the pages of all verbs share: their frame, their look, their charts, and the player of films."""
