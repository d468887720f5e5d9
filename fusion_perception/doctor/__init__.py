# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What stands in the way of a first run on this machine: one line for each thing looked at, with what mends it."""
