# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Make an HTML page of a template; texts from outside need no care, neither here nor there."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from fusion_perception.errors import require
from fusion_perception.text import printable

_SHARED = Path(__file__).parent


def check_pages() -> None:
    """Fail before the work, not after it, where pages cannot be made.

    Raises:
        BackendError: the package ``jinja2`` is not installed.
    """
    require("jinja2", "the report")


def render_page(template: Path, **values: Any) -> str:
    """Return the page of a template, which extends ``base.html.j2`` and may import ``parts.html.j2``.

    Every text that a template prints is made visible (``printable``) and escaped; only what it marks as ``safe``, the
    charts of ``plot``, goes in as it is. A name that is not among the values is an error.

    Args:
        template: the file, named ``*.html.j2``.
        values: what it shows.

    Raises:
        BackendError: the package ``jinja2`` is not installed.
    """
    jinja2 = require("jinja2", "the report")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader((template.parent, _SHARED)),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return str(environment.get_template(template.name).render(**values))


def data_uri(data: bytes, kind: str) -> str:
    """Return a file as an address that holds it, so that a page needs no other file.

    Args:
        data: its bytes.
        kind: its media type, ``image/jpeg`` for example.
    """
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"


def _visible(value: Any) -> Any:
    """Make a text printable, unless it is HTML already."""
    return printable(value, 0) if isinstance(value, str) and not hasattr(value, "__html__") else value
