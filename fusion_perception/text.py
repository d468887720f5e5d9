# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
r"""Make text from outside fit to be shown on one line.

Names of files and topics, encodings, labels, documents and the messages of other libraries are written by others. Shown
as they are, an escape code in them moves the cursor or colours the terminal, a line break forges a line of a log, and a
lone surrogate (a byte of a file name that is not UTF-8) makes ``print`` raise. The rule:

* ``{name!r}`` in a message is safe as it is, but for its length: ``repr`` escapes what cannot be printed.
* Everything else from outside goes through ``printable`` where it is put into a line of a table, a log or a report.
* Logs of the nodes (``ros.printable_logger``), tables of an evaluation, ``progress`` and the console of the command
  line (``cli.console``) do it by themselves.
* Pages in HTML (``lab.pages.page``) do it by themselves, too; what is put into HTML by hand takes ``to_html``.
* Errors need no care where they are raised: ``FusionPerceptionError`` makes its message printable.
* What is shown stays ASCII or what came; nothing is lost without a trace, it is only spelled out: ``\n``, ``\x1b[31m``.
"""

from __future__ import annotations

LIMIT = 200
"""Characters of one text that are shown, by default."""

_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def printable(text: object, limit: int = LIMIT) -> str:
    r"""Return one line of visible characters for a text from outside.

    Control characters, escape codes, line breaks, characters that change the direction of writing and other invisible
    ones are spelled as in Python's literals. A byte that was no UTF-8 (``os.fsdecode`` makes a lone surrogate of it)
    is spelled as that byte. What is already printable comes back unchanged, so that it does no harm to do it twice.

    Args:
        text: a string, bytes, a path, an error, or anything with a ``str``.
        limit: most characters of the result, at least 40; a longer text loses its middle. 0: no limit.

    Returns:
        The text, without an end of line.

    Example:
        >>> printable("thermal\n[FATAL] \x1b[31mstop")
        'thermal\\n[FATAL] \\x1b[31mstop'
    """
    if isinstance(text, (bytes, bytearray)):
        text = bytes(text).decode("utf-8", "surrogateescape")
    elif not isinstance(text, str):
        text = _str(text)
    if limit <= 0 or len(text) <= limit:
        shown = "".join(map(_visible, text))
        if limit <= 0 or len(shown) <= limit:
            return shown
    return _without_middle(text, max(limit, 40))


def to_html(text: object) -> str:
    """Return one visible line of a text from outside, of any length, to put into an element or an attribute."""
    from html import escape  # thousands of names of characters, which few need

    return escape(printable(text, 0))


def _str(thing: object) -> str:
    try:
        return str(thing)
    except Exception:  # an object from outside must not hide the message that it belongs into
        return f"<{type(thing).__name__}>"


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    if character in _SHORT:
        return _SHORT[character]
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _without_middle(text: str, limit: int) -> str:
    """Return the start and the end of a text in ``limit`` characters, with the number of characters left out."""
    room = limit - len(_gap(len(text)))
    start = _fitting(text[:limit], room - room // 2)
    end = _fitting(text[len(start) :][-limit:][::-1], room // 2)[::-1]
    left_out = len(text) - len(start) - len(end)
    return "".join(start) + _gap(left_out) + "".join(end)


def _gap(characters: int) -> str:
    return f"[... {characters} more ...]"


def _fitting(characters: str, room: int) -> list[str]:
    """Return the visible forms of the first characters that fit; none is cut in two."""
    taken, used = [], 0
    for character in characters:
        shown = _visible(character)
        if used + len(shown) > room:
            break
        taken.append(shown)
        used += len(shown)
    return taken
