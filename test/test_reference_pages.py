# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Pages of docs/ that say what the code does: parameters, topics, troubleshooting, speed, commands."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from fusion_perception.cli.main import VERBS
from fusion_perception.errors import DataError
from fusion_perception.outputs import OUTPUTS, result_topics
from fusion_perception.ros.parameter_spec import ParameterSpec
from tools.parameter_tables import TABLES, markdown_table, updated

ROOT = Path(__file__).resolve().parents[1]


def page(name):
    return (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")


@cache
def texts_of_the_code():
    """The string literals of each file of the package, and the shell scripts as they are."""
    found = [path.read_text(encoding="utf-8") for path in (ROOT / "Makefile", *(ROOT / ".ci").iterdir())]
    for path in (*(ROOT / "fusion_perception").rglob("*.py"), *(ROOT / "launch").glob("*.py")):
        nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        literals = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
        found.append("\n".join(literals))
    return found


def test_parameter_tables_are_those_of_the_nodes():
    assert updated(page("parameters")) == page("parameters"), "run: python -m tools.parameter_tables docs/parameters.md"
    for specs in TABLES.values():
        for spec in specs:
            assert f"| `{spec.name}` |" in page("parameters")


def test_a_parameter_row_gives_default_range_and_meaning():
    specs = (
        ParameterSpec("a.b", 5.0, "Meaning of it.", (0.5, 1e6), applies="on configure"),
        ParameterSpec("c", "x", "Another.", choices=("x", "y"), read_only=True),
        ParameterSpec("d", True, "Third."),
        ParameterSpec("e", (1.0, 0.5), "Fourth."),
    )
    rows = markdown_table(specs).splitlines()[2:]
    assert rows == [
        "| `a.b` | `5.0` | 0.5 to 1000000 | Meaning of it. Read on configure. |",
        "| `c` | `x` | `x`, `y` | Another. Fixed at start. |",
        "| `d` | `true` | true, false | Third. |",
        "| `e` | `[1, 0.5]` | any | Fourth. |",
    ]


def test_a_document_without_a_place_for_a_table_is_an_error():
    with pytest.raises(DataError, match="it needs one"):
        updated("nothing here")


def messages():
    return re.findall(r"\*\*`([^`]+)`\*\*", page("troubleshooting").replace("`** or **`", "`** **`"))


@pytest.mark.parametrize("message", messages())
def test_troubleshooting_quotes_messages_that_exist(message):
    parts = [part for part in re.split("…|, ", message) if re.search(r"\w{2}", part)]
    assert parts
    assert any(all(part in text for part in parts) for text in texts_of_the_code()), f"nothing prints: {message}"


def test_troubleshooting_has_entries():
    assert len(messages()) >= 50


def test_topics_are_those_of_the_node():
    pytest.importorskip("rclpy", reason="rclpy is not installed (make test installs it)")
    from fusion_perception.ros.camera_topics import INFO_TOPICS, TOPICS
    from fusion_perception.ros.outputs import CAMERA_INFO_TOPIC, COMPRESSED

    text, topics = page("topics"), result_topics(OUTPUTS)
    assert "\n".join(f"| `{t.topic}` | `sensor_msgs/Image`, `{t.encoding}` | {t.meaning} |" for t in topics) in text
    for topic in topics:
        assert (f"`{topic.topic}{COMPRESSED}`" in text) == topic.compressed
    for name in (*TOPICS.values(), *INFO_TOPICS.values(), CAMERA_INFO_TOPIC):
        assert f"| `{name}`" in text


def test_every_verb_has_a_row_among_the_commands():
    rows = re.findall(r"^\| `([a-z-]+)[ `]", page("commands"), re.MULTILINE)
    assert sorted(rows) == sorted(VERBS)
