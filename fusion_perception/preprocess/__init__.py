# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""From camera images to the engine's uint8 inputs: gain control and registration."""
