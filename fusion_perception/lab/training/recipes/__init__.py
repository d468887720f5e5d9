# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""One readable file a method: networks, losses, schedule, strategy, and where every number comes from."""
