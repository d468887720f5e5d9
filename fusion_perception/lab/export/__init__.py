# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""From a torch system to one ONNX graph with uint8 in and uint8 out."""
