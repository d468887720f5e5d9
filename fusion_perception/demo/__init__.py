# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The demonstration: replay, node and recorder as processes of their own, and a report of what they did."""
