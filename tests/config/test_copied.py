"""What stands in for a part of the theme is that part, but for what the policy of content asks, what a
list of a million does, and names for screen readers."""

import base64
import hashlib
import re
from pathlib import Path

import django.contrib.admin
import pytest
import unfold

from config.browser import STYLES_OF_LISTS
from tests.started import ROOT

THEME = Path(unfold.__file__).parent / "templates"
OURS = ROOT / "templates" / "theme_unfold"
ADMIN = Path(django.contrib.admin.__file__).parent / "templates"
HTMX = """        <script src="{% static 'unfold/js/htmx/htmx.js' %}"></script>
"""
CHANGED = {
    "unfold/layouts/skeleton.html": [
        (
            '<style id="unfold-theme-colors">',
            '<style id="unfold-theme-colors" nonce="{{ request.csp_nonce }}">',
        ),
        (
            HTMX,
            """        <meta name="htmx-config" content='{"includeIndicatorStyles": false, "allowEval": false}'>
"""
            + HTMX,
        ),
    ],
    "unfold/helpers/edit_inline/tabular_heading.html": [
        (
            'dark:text-font-important-dark">\n            </th>',
            'dark:text-font-important-dark"><span class="t-skip">Remove</span></th>',
        ),
    ],
    "admin/actions.html": [
        (
            """x-bind:style="'width: ' + changeListWidth + 'px'\"""",
            """x-bind:style="{ width: changeListWidth + 'px' }\"""",
        ),
        (
            "{% if not cl.model_admin.list_disable_select_all %}",
            "{% if not cl.model_admin.list_disable_select_all and not cl.paginator.is_unsure %}",
        ),
    ],
}


@pytest.mark.parametrize("name", CHANGED)
def test_our_copy_is_the_theme_s_but_for_what_the_policy_asks(name: str) -> None:
    """A newer theme is copied anew."""
    text = (THEME / name).read_text()
    for theirs, ours in CHANGED[name]:
        assert text.count(theirs) == 1
        text = text.replace(theirs, ours)
    assert (OURS / name).read_text() == text


def test_the_styles_that_are_let_through_are_those_of_the_lists() -> None:
    found = []
    for templates in (THEME, ADMIN):
        (style,) = re.findall(
            r"<style>(.*?)</style>", (templates / "admin/change_list.html").read_text(), re.DOTALL
        )
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        found.append(f"'sha256-{digest}'")
    assert tuple(found) == STYLES_OF_LISTS


def test_no_page_of_ours_holds_a_style_or_a_handler() -> None:
    """Letters are no pages: a mail has no files."""
    letters = {"letter.html", "daily_report.html"}
    written = re.compile(
        r"(?<![-:\w])style=|\son(?!e=)[a-z]+=[\"']|<style\b|<script(?![^>]*\b(?:src=|type=\"application/json\"))|javascript:"
    )
    wrong = [
        f"{path.relative_to(ROOT)}: {found[0]}"
        for path in (ROOT / "templates").rglob("*.html")
        if path.name not in letters and "unfold/layouts" not in str(path)
        for found in written.finditer(path.read_text())
    ]
    assert wrong == []
