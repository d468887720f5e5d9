# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What builder and engine share: the library's log, its start, and the identity of plans."""

from __future__ import annotations

import logging
import platform
from functools import cache
from typing import Any

from fusion_perception.engine.metadata import ModelMetadata
from fusion_perception.engine.plan_cache import PlanIdentity
from fusion_perception.errors import BackendError

LOG = logging.getLogger("fusion_perception.tensorrt")

_LEVELS = {
    "INTERNAL_ERROR": logging.ERROR,
    "ERROR": logging.ERROR,
    "WARNING": logging.WARNING,
    "INFO": logging.DEBUG,  # TensorRT's information is about its own workings
    "VERBOSE": logging.DEBUG,
}


@cache
def make_logger(trt: Any) -> Any:
    """Return the ``trt.ILogger`` of a library, which forwards to Python's logging and remembers the errors.

    There is one for each library: it keeps the first one that it was given, warns of any other, and tells that one
    nothing. Its attribute ``errors`` is the list of error messages since it was last cleared.
    """

    class _Logger(trt.ILogger):
        def __init__(self) -> None:
            trt.ILogger.__init__(self)  # the binding demands the explicit call
            self.errors: list[str] = []

        def log(self, severity: Any, msg: str) -> None:
            level = _LEVELS.get(severity.name, logging.WARNING)
            if level == logging.ERROR:
                self.errors.append(msg)
            LOG.log(level, "%s", msg)

    return _Logger()


def create(factory: Any, logger: Any, title: str) -> Any:
    """Return ``factory(logger)``, a ``trt.Runtime`` or ``trt.Builder`` of the library ``title``.

    Raises:
        BackendError: the library cannot start, mostly because of the driver.
    """
    try:
        return factory(logger)
    except (TypeError, RuntimeError) as error:  # the binding's answer to a null pointer is a TypeError
        raise BackendError(
            f"{title} cannot start: {reason(logger)}; check that the driver fits this {title} with nvidia-smi"
        ) from error


def reason(logger: Any) -> str:
    """Return the first error that TensorRT logged as half a sentence, and forget them all."""
    text = logger.errors[0].strip().partition("\n")[0] if logger.errors else "the library gives no reason"
    logger.errors.clear()
    return text


def identity_of(
    library: str,
    version: str,
    place: tuple[str, str],
    model_sha256: str,
    metadata: ModelMetadata,
    *,
    attribution: bool,
    dla_core: int | None = None,
    tf32: bool = False,
) -> PlanIdentity:
    """Return the identity of a plan of this model for this machine.

    Args:
        library: name of the library.
        version: of the library.
        place: name and compute capability of the cards it is for, see ``TensorRTLibrary.places``.
        model_sha256: digest of the ONNX file.
        metadata: what the model says of itself.
        attribution: the plan computes the attribution.
        dla_core: DLA core, or None for the GPU.
        tf32: FP32 products may be rounded to TF32.
    """
    gpu, sm = place
    return PlanIdentity(
        model_sha256=model_sha256,
        tensorrt=version,
        gpu=gpu,
        sm=sm,
        machine=platform.machine(),
        precision=metadata.precision,
        height=metadata.height,
        width=metadata.width,
        attribution=attribution,
        dla_core=dla_core,
        tf32=tf32,
        library=library,
    )
