# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The HTML page of an evaluation."""

from fusion_perception.lab.evaluation.report.page import write_report

__all__ = ["write_report"]
