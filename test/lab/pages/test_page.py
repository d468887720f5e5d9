# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of making pages of templates: nothing from outside gets in as HTML, nothing invisible, nothing forgotten."""

import sys

import pytest

from fusion_perception.errors import BackendError
from fusion_perception.lab.pages.page import check_pages, data_uri, render_page

jinja2 = pytest.importorskip("jinja2", reason="pages are made by jinja2; pip install 'fusion_perception[lab]'")


@pytest.fixture
def render(tmp_path):
    def made(body, **values):
        path = tmp_path / "own.html.j2"
        path.write_text(
            '{% extends "base.html.j2" %}{% import "parts.html.j2" as parts %}{% block title %}T{% endblock %}'
            "{% block body %}[" + body + "]{% endblock %}"
        )
        page = render_page(path, **values)
        return page[page.index("[") + 1 : page.rindex("]")]

    return made


def test_a_text_from_outside_is_escaped_and_made_visible(render):
    hostile = "a\n\x1b[31m\udcff\u202e<script>\"'&"
    expected = r"a\n\x1b[31m\xff\u202e&lt;script&gt;&#34;&#39;&amp;"
    assert render('{{ x }}|<i title="{{ x }}">', x=hostile) == f'{expected}|<i title="{expected}">'
    assert expected in render("{{ parts.table((x,), ((x,),)) }}", x=hostile)
    assert expected in render("{{ parts.facts(((x, x),)) }}", x=hostile)


def test_what_is_marked_as_safe_goes_in_as_it_is(render):
    assert render("{{ x | safe }}", x="<svg/>") == "<svg/>"


@pytest.mark.parametrize("body", ["{{ forgotten }}", "{{ x.forgotten }}", "{% if forgotten %}{% endif %}"])
def test_a_value_that_is_forgotten_is_an_error(render, body):
    with pytest.raises(jinja2.UndefinedError, match="forgotten"):
        render(body, x={})


def test_tables_tell_words_from_figures(render):
    table = render('{{ parts.table(("a", "b", "c"), ((1, 2, 3),), 2) }}')
    assert "<th>a</th><th>b</th><th" in table and '<th class="n">c</th>' in table
    assert '<tr><td>1</td><td>2</td><td class="n">3</td></tr>' in table


@pytest.mark.parametrize(("value", "shown"), [(None, "–"), (1.25, "1.2"), (0, "0.0")])
def test_figures(render, value, shown):
    assert render("{{ parts.figure(x, 1) }}", x=value) == shown


def test_a_page_loads_nothing_from_elsewhere(tmp_path):
    path = tmp_path / "own.html.j2"
    path.write_text('{% extends "base.html.j2" %}{% block title %}T{% endblock %}{% block body %}{% endblock %}')
    page = render_page(path)
    assert "://" not in page and "@import" not in page and "<script" not in page
    assert '<meta name="viewport"' in page


def test_files_inside_a_page():
    assert data_uri(b"\x00\xff", "image/png") == "data:image/png;base64,AP8="


def test_a_missing_jinja2_is_told_before_the_work(monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(BackendError, match=r"the report needs the package 'jinja2'.*fusion_perception\[lab\]"):
        check_pages()
