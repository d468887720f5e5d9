# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Engines: one protocol, ONNX Runtime, TensorRT and torch behind it."""
