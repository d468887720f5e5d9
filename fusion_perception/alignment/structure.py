# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What thermal and RGB images of one scene have in common: where edges are and how they run."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_BLUR = 1.0  # standard deviation in pixels
_WINDOW = 17  # pixels of the square over which contrast is evened out
_FLOOR_SHARE, _FLOOR = 0.3, 0.25  # of the image's own contrast, and grey levels a pixel: below it is noise

Floats = NDArray[np.float32]


def structure(image: NDArray[np.generic], valid: NDArray[np.bool_] | None = None) -> Floats:
    """Return where edges are and how they run, as the vector of the double angle, with local contrast evened out.

    An edge from dark to bright and one from bright to dark have the same values, since what is warm may be dark in
    RGB. The scalar product of two images' vectors is large where edges run alike, and negative where they cross at a
    right angle.

    Args:
        image: (H, W) grey, or (H, W, 3) RGB, any real type.
        valid: (H, W) pixels that show the scene; the others count as without edges. None: all.

    Returns:
        (H, W, 2) float32, vectors of up to about 1.
    """
    grey = image if image.ndim == 2 else cv2.cvtColor(image.astype(np.uint8, copy=False), cv2.COLOR_RGB2GRAY)
    smooth = cv2.GaussianBlur(np.asarray(grey, np.float32), (0, 0), _BLUR)
    dx, dy = cv2.Scharr(smooth, cv2.CV_32F, 1, 0, scale=1 / 32), cv2.Scharr(smooth, cv2.CV_32F, 0, 1, scale=1 / 32)
    strength = cv2.magnitude(dx, dy)
    if valid is not None:
        strength *= valid
    energy = cv2.multiply(strength, strength)
    contrast = np.sqrt(np.maximum(cv2.blur(energy, (_WINDOW, _WINDOW)), 0))  # a box filter leaves traces below 0
    contrast += _FLOOR_SHARE * float(np.sqrt(energy.mean())) + _FLOOR
    cosine, sine = (dx * dx - dy * dy), 2 * dx * dy  # of the double angle, times the squared strength
    scale = strength / (np.maximum(cv2.magnitude(cosine, sine), 1e-12) * contrast)
    return np.dstack([cosine * scale, sine * scale])
