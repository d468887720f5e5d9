# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The torch backend: networks in page-locked and captured form, compiled while they run already."""
