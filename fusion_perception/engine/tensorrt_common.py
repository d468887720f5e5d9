# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What the TensorRT builder and the TensorRT engine share."""

from __future__ import annotations

import logging
import platform
from typing import Any

from fusion_perception.engine.cuda_session import CudaSession
from fusion_perception.engine.metadata import ModelMetadata
from fusion_perception.engine.plan_cache import PlanIdentity
from fusion_perception.errors import BackendError, require

LOG = logging.getLogger("fusion_perception.tensorrt")

_LEVELS = {
    "INTERNAL_ERROR": logging.ERROR,
    "ERROR": logging.ERROR,
    "WARNING": logging.WARNING,
    "INFO": logging.DEBUG,  # TensorRT's information is about its own workings
    "VERBOSE": logging.DEBUG,
}


def import_tensorrt() -> Any:
    """Return the module ``tensorrt``.

    Raises:
        BackendError: it is not installed, or older than 10.
    """
    try:
        trt = require("tensorrt", "the TensorRT backend")
    except OSError as error:  # its libraries, or CUDA's, are missing or of another version
        raise BackendError(f"TensorRT is installed but cannot be loaded: {error}; install it again") from error
    version = str(trt.__version__)
    major = version.partition(".")[0]
    if not major.isdecimal() or int(major) < 10:
        raise BackendError(f"TensorRT {version} is installed; this package needs 10.3 or newer (JetPack 6.1 or newer)")
    return trt


def make_logger(trt: Any) -> Any:
    """Return a ``trt.ILogger`` that forwards to Python's logging and remembers the errors.

    Its attribute ``errors`` is the list of error messages since it was last cleared.
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


def create(factory: Any, logger: Any) -> Any:
    """Return ``factory(logger)``, a ``trt.Runtime`` or ``trt.Builder``.

    Raises:
        BackendError: TensorRT cannot start, mostly because of the driver.
    """
    try:
        return factory(logger)
    except (TypeError, RuntimeError) as error:  # the binding's answer to a null pointer is a TypeError
        raise BackendError(
            f"TensorRT cannot start: {reason(logger)}; check that the driver fits this TensorRT with nvidia-smi"
        ) from error


def reason(logger: Any) -> str:
    """Return the first error that TensorRT logged as half a sentence, and forget them all."""
    text = logger.errors[0].strip().partition("\n")[0] if logger.errors else "TensorRT gives no reason"
    logger.errors.clear()
    return text


def identity_here(
    trt: Any,
    cuda: CudaSession,
    model_sha256: str,
    metadata: ModelMetadata,
    *,
    attribution: bool,
    dla_core: int | None = None,
    tf32: bool = False,
) -> PlanIdentity:
    """Return the identity that a plan of this model must have to run on this machine."""
    return PlanIdentity(
        model_sha256=model_sha256,
        tensorrt=str(trt.__version__),
        gpu=cuda.gpu,
        sm=cuda.sm,
        machine=platform.machine(),
        precision=metadata.precision,
        height=metadata.height,
        width=metadata.width,
        attribution=attribution,
        dla_core=dla_core,
        tf32=tf32,
    )
