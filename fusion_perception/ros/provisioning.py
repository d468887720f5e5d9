# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A build instead of a run: the node builds what its backend needs, and ends."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from rclpy.task import Future

from fusion_perception.engine.provision import build_plans
from fusion_perception.errors import FusionPerceptionError
from fusion_perception.model_store import find_model


class Provisioning:
    """Builds in a thread of its own, so that the node's loop can be ended meanwhile.

    Args:
        values: the parameters of ``fusion_node``.
        logger: told what is built.

    Attributes:
        done: completed when the build has come to its end, a good one or not.
    """

    def __init__(self, values: Mapping[str, Any], logger: Any) -> None:
        self.done = Future()
        self._values = values
        self._logger = logger
        self._failure: Exception | None = None
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="build", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def finish(self) -> None:
        """Raise what went wrong; FusionPerceptionError where it was stopped before its end."""
        if self._failure is not None:
            raise self._failure
        if not self._ended:
            raise FusionPerceptionError("stopped before all was built; start it again with build_only")

    def _run(self) -> None:
        values = self._values
        try:
            build_plans(
                find_model(values["model"]),
                values["backend"],
                self._logger,
                attribution=values["attribution.enabled"],
                device_id=values["engine.device_id"],
            )
            self._ended = True
        except Exception as error:
            self._failure = error
        finally:
            if not self.done.done():
                self.done.set_result(None)
