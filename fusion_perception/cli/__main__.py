# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""``python -m fusion_perception.cli`` is the ``fusion-perception`` command."""

import sys

from fusion_perception.cli.start import main

sys.exit(main())
