# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Files of the user: written whole or not at all, read within bounds, found where the user says."""
