# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Two cameras and a listener in one process, which measure fusion_node from outside."""
