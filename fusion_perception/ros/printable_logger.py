# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A node's log in which every message is one visible line, whatever was put into it."""

from __future__ import annotations

from typing import Any

from fusion_perception.text import printable


class PrintableLogger:
    """The logger of a node; encodings, names and errors from outside cannot forge a line of the log or an escape code.

    Args:
        logger: the logger of rclpy.
    """

    def __init__(self, logger: Any) -> None:
        self._logger = logger

    def __getattr__(self, name: str) -> Any:
        return getattr(self._logger, name)

    # One method for each severity: rclpy allows one severity for each place that it is called from.

    def debug(self, message: str) -> bool:
        """Log for those who look for a fault."""
        return bool(self._logger.debug(printable(message, 0)))

    def info(self, message: str) -> bool:
        """Log what happens."""
        return bool(self._logger.info(printable(message, 0)))

    def warning(self, message: str) -> bool:
        """Log what is not as it should be."""
        return bool(self._logger.warning(printable(message, 0)))

    def error(self, message: str) -> bool:
        """Log what failed."""
        return bool(self._logger.error(printable(message, 0)))

    def fatal(self, message: str) -> bool:
        """Log what ends the node."""
        return bool(self._logger.fatal(printable(message, 0)))


class PrintableLog:
    """Base class that goes before ``Node``, so that everything a node logs is printable, wherever it is logged."""

    def get_logger(self) -> Any:
        """Return the node's logger."""
        return PrintableLogger(super().get_logger())  # type: ignore[misc]
