# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""JSON documents: read strictly, typed by dataclasses, with a schema that has a version."""
