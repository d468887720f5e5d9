# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Images of a folder, a bag or rendered streets, played as two camera topics."""
